#include "losses/objective.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"

namespace kdseg::losses {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Section section(const std::string& name, std::vector<Setting> settings = {}) {
  return {"term", name, "a.ini:1", std::move(settings)};
}

struct Scene {
  tensor::Input input;
  tensor::Output student{.logits = at::zeros({1, 4, 2, 2, 2}), .extra = {}};
  tensor::Target target{.classes = at::arange(8, at::kLong).remainder(4).view({1, 2, 2, 2}),
                        .share = {}};
  Head head;
  Evidence evidence() {
    return {.input = input, .student = student, .target = &target, .head = head};
  }
};

TEST(Objective, SumsWeightedTermsAndReportsThem) {
  Scene scene;
  const std::vector<Section> sections{
      section("cross-entropy", {{"weight", "2", "a.ini:2"}}),
      section("cross-entropy:again", {{"weight", "0.5", "a.ini:4"}})};
  const Objective objective(sections);
  EXPECT_TRUE(objective.needs_target());
  EXPECT_FALSE(objective.needs_teacher());
  std::vector<std::pair<std::string, at::Tensor>> parts;
  EXPECT_NEAR(objective.value(scene.evidence(), &parts).item<double>(), 2.5 * 1.3862944, 1e-6);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[1].first, "cross-entropy:again");
  EXPECT_NEAR(parts[1].second.item<double>(), 1.3862944, 1e-6);
}

TEST(Objective, WeightsDecayWithTheEpoch) {
  Scene scene;
  scene.student.logits.select(1, 0).fill_(1);  // class 0 is easier
  const std::vector<Section> sections{
      section("cross-entropy",
              {{"class-weights", "100 1 1 1", "a.ini:2"}, {"decay-to-one-at", "0.5", "a.ini:3"}})};
  const Objective objective(sections);
  Evidence evidence = scene.evidence();
  evidence.epochs = 10;
  const double early = objective.value(evidence).item<double>();
  evidence.epoch = 5;
  const double late = objective.value(evidence).item<double>();
  EXPECT_NEAR(early, 0.7436684 + 3.0 / 103.0, 1e-6);
  EXPECT_NEAR(late, 0.7436684 + 0.75, 1e-6) << "as without weights";
}

TEST(Objective, WritesOutEveryParameter) {
  const std::vector<Section> sections{section("cross-entropy")};
  const auto resolved = Objective(sections).resolved();
  ASSERT_EQ(resolved.size(), 1u);
  std::vector<std::string> keys;
  for (const auto& s : resolved[0].settings) keys.push_back(s.key);
  EXPECT_THAT(keys, ::testing::ElementsAre("weight", "class-weights", "decay", "decay-to-one-at"));
}

TEST(Objective, RefusesWhatItDoesNotKnow) {
  const auto message = [](std::vector<Section> sections) {
    try {
      const Objective objective(sections);
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string("(no UsageError)");
  };
  EXPECT_THAT(message({section("crossentropy")}),
              AllOf(HasSubstr("a.ini:1"), HasSubstr("cross-entropy")));
  EXPECT_THAT(message({section("cross-entropy", {{"wieght", "1", "a.ini:2"}})}),
              AllOf(HasSubstr("a.ini:2"), HasSubstr("'weight'")));
  EXPECT_THAT(message({section("cross-entropy", {{"weight", "-1", "a.ini:2"}})}),
              HasSubstr("a.ini:2"));
  EXPECT_THAT(message({section("cross-entropy", {{"class-weights", "1 x", "a.ini:2"}})}),
              HasSubstr("x"));
  EXPECT_THAT(message({section("cross-entropy", {{"class-weights", "from-train", "a.ini:2"}})}),
              HasSubstr("training cases"));
  EXPECT_THAT(message({section("cross-entropy"), section("cross-entropy")}), HasSubstr("twice"));
  EXPECT_THAT(message({}), HasSubstr("[term.NAME]"));
}

}  // namespace
}  // namespace kdseg::losses
