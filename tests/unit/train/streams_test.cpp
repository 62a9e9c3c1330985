// Streams as settings name them.
#include "train/streams.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"

namespace kdseg::train {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Section stream(const std::string& name, std::vector<Setting> settings) {
  return {"stream", name, "a.ini:3", std::move(settings)};
}

TEST(Streams, WithoutSectionsThereIsOneAsTheRunSays) {
  LearningSettings settings;
  settings.training.batch = 4;
  settings.training.patch = {16, 16, 8};
  const auto streams = streams_of(settings);
  ASSERT_EQ(streams.size(), 1u);
  EXPECT_EQ(streams[0].name, "cases");
  EXPECT_EQ(streams[0].unit, data::Unit::patch);
  EXPECT_EQ(streams[0].batch, 4);
  EXPECT_EQ(streams[0].labels, data::LabelRule::required);
}

TEST(Streams, SayWhatTheyDrawAndTakeTheRestFromTheRun) {
  LearningSettings settings;
  settings.training.batch = 4;
  settings.augment = {"augment", "", "", {{"scale", "0.1", ""}}};
  settings.augments = {{"augment", "a", "", {{"scale", "0.3", ""}}}};
  settings.streams = {stream("t", {{"where", "modality=ct fold=0,2", ""},
                                   {"channels", "ct", ""},
                                   {"unit", "slice", ""}}),
                      stream("a", {{"labels", "none", ""}, {"batch", "2", ""}})};
  const auto streams = streams_of(settings);
  EXPECT_EQ(streams[0].where, (std::vector<std::string>{"modality=ct", "fold=0,2"}));
  EXPECT_EQ(streams[0].channels, std::vector<std::string>{"ct"});
  EXPECT_EQ(streams[0].unit, data::Unit::slice);
  EXPECT_EQ(streams[0].batch, 4);
  EXPECT_EQ(streams[0].augment->scale, 0.1);
  EXPECT_EQ(streams[1].unit, data::Unit::volume);
  EXPECT_EQ(streams[1].labels, data::LabelRule::none);
  EXPECT_EQ(streams[1].batch, 2);
  EXPECT_EQ(streams[1].augment->scale, 0.3);
  EXPECT_EQ(stream_named(streams, "a", "--epoch-of"), 1u);
  EXPECT_THAT([&] { stream_named(streams, "b", "--epoch-of"); },
              ThrowsMessage<UsageError>(HasSubstr("--epoch-of: no stream 'b', there are t, a")));
}

TEST(Streams, RefuseWhatDoesNotFit) {
  LearningSettings settings;
  settings.streams = {stream("a", {{"unit", "slice", ""}, {"patch", "8 8 8", ""}})};
  EXPECT_THAT([&] { streams_of(settings); }, ThrowsMessage<UsageError>(HasSubstr("x y, or none")));
  settings.streams = {stream("a", {{"unit", "patch", ""}})};
  EXPECT_THAT([&] { streams_of(settings); }, ThrowsMessage<UsageError>(HasSubstr("x y z")));
  settings.streams = {};
  settings.augment = {"augment", "", "a.ini:7", {{"patch-position", "near-label", ""}}};
  EXPECT_THAT([&] { streams_of(settings); },
              ThrowsMessage<UsageError>(HasSubstr("stream cases draws no patches")));
  settings.training.patch = {32, 32, 32};
  EXPECT_TRUE(streams_of(settings)[0].augment->near_label);
  settings.augment = {};
  settings.streams = {stream("a", {})};
  settings.augments = {{"augment", "b", "a.ini:9", {}}};
  EXPECT_THAT([&] { streams_of(settings); },
              ThrowsMessage<UsageError>(HasSubstr("[augment.b] names no stream")));
}

}  // namespace
}  // namespace kdseg::train
