// Which settings make a run another run, and how a change is told.
#include "train/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kdseg::train {
namespace {

using testing::HasSubstr;

Identity identity_with(const std::function<void(LearningSettings&)>& change) {
  LearningSettings settings;
  settings.terms = {{"term", "cross-entropy", "a.ini:2", {{"decay", "0.98", "a.ini:3"}}}};
  change(settings);
  TrainingCases cases;
  cases.content = "abc";
  return identity_of(settings, cases);
}

TEST(Identity, IgnoresWhatLeavesTheResultAsItIs) {
  const auto same = identity_with([](LearningSettings&) {});
  const auto other = identity_with([](LearningSettings& s) {
    s.training.workers = 7;
    s.training.checkpoint_every_s = 1;
    s.training.deadline_s = 10;
    s.training.history = "h.csv";
    s.training.cache = "none";
    s.training.output = "other.h5";
    s.training.resume = "auto";
    s.tensor.device = "cpu";
    s.tensor.memory_limit_gib = 3;
    s.terms[0].where = "b.ini:9";
  });
  EXPECT_EQ(same, other);
  EXPECT_EQ(hash_of(same), hash_of(other));
  EXPECT_EQ(differences(same, other), "");
}

TEST(Identity, NamesWhatChanged) {
  const auto before = identity_with([](LearningSettings&) {});
  const auto epochs = identity_with([](LearningSettings& s) { s.training.epochs = 5; });
  EXPECT_EQ(differences(before, epochs), "epochs was 1, is 5");
  EXPECT_NE(hash_of(before), hash_of(epochs));
  const auto decay = identity_with([](LearningSettings& s) { s.terms[0].settings[0].value = "1"; });
  EXPECT_EQ(differences(before, decay), "[term.cross-entropy] decay was 0.98, is 1");
  const auto augmented = identity_with([](LearningSettings& s) { s.augment.kind = "augment"; });
  EXPECT_THAT(differences(before, augmented), HasSubstr("[augment] was not set, is present"));
}

TEST(Identity, ManyChangesAreCounted) {
  const auto before = identity_with([](LearningSettings&) {});
  const auto after = identity_with([](LearningSettings& s) {
    s.training.epochs = 5;
    s.training.batch = 2;
    s.tensor.seed = 9;
    s.optimizer.learning_rate = 1;
    s.schedule.plateau = true;
  });
  EXPECT_THAT(differences(before, after), HasSubstr("; 2 more"));
}

}  // namespace
}  // namespace kdseg::train
