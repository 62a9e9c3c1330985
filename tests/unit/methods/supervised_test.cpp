// Training from labels: the loss falls, masks follow step and seed, faults are named.
#include "methods/supervised.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/errors.h"
#include "methods/losses_of_step.h"
#include "tiny.h"

namespace kdseg::methods {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Setup tiny_setup() {
  methods::Setup setup;
  setup.student = tiny_model({"flair", "t1ce", "t1", "t2"}, 1);
  setup.terms = {cross_entropy_section()};
  setup.optimizer.learning_rate = 2e-3;
  return setup;
}

TEST(Supervised, LearnsOneCase) {
  const auto method = make_supervised(tiny_setup());
  StepInfo info;
  const double before = method->step(tiny_draw(0), info).at("loss");
  double after = before;
  for (info.step = 1; info.step < 12; ++info.step)
    after = method->step(tiny_draw(0), info).at("loss");
  EXPECT_LT(after, before - 0.02);
}

TEST(Supervised, ValidationChangesNothingAndHasNoDropout) {
  const methods::Setup setup = tiny_setup();
  const auto method = make_supervised(setup);
  const auto before = copies(setup.student.network->module());
  at::Tensor logits, again;
  const Report first = method->validate(tiny_draw(1), {}, &logits);
  const Report second = method->validate(tiny_draw(1), {.step = 5}, &again);
  EXPECT_EQ(first, second);
  EXPECT_TRUE(logits.equal(again));
  EXPECT_EQ(logits.size(1), 4);
  EXPECT_EQ(largest_difference(before, copies(setup.student.network->module())), 0);
}

TEST(Supervised, DropoutFollowsSeedAndStep) {
  const auto loss = [](uint64_t seed, int64_t step) {
    StepInfo info;
    info.seed = seed;
    info.step = step;
    return make_supervised(tiny_setup())->step(tiny_draw(0), info).at("loss");
  };
  EXPECT_EQ(loss(1, 3), loss(1, 3));
  EXPECT_NE(loss(1, 3), loss(1, 4));
  EXPECT_NE(loss(1, 3), loss(2, 3));
}

TEST(Supervised, PicksItsChannelsFromTheStream) {
  methods::Setup setup = tiny_setup();
  setup.student = tiny_model({"flair", "t1", "t2"}, 1);
  setup.student_channels = {0, 2, 3};
  auto draw = tiny_draw(0);
  const auto method = make_supervised(setup);
  const double loss = method->validate(draw, {}).at("loss");
  draw[case_stream].input.image.select(1, 1).fill_(7);  // the channel that is not its own
  EXPECT_EQ(method->validate(draw, {}).at("loss"), loss);
}

// Flair out of t1ce, t1 and t2: the loss is the plain mean over the voxels where flair is not 0.
TEST(Supervised, LearnsToMakeAChannel) {
  methods::Setup setup = tiny_setup();
  setup.student = tiny_model({"t1ce", "t1", "t2"}, 1, at::kFloat, "0");
  setup.student.contract.head = {Head::Kind::image, {"synthetic-flair"}, {{}}, {}};
  setup.student.network =
      models::make_network(setup.student.section, 3, 1, 0, &setup.student.section);
  models::initialize(*setup.student.network, 1);
  setup.student_channels = {1, 2, 3};
  setup.made_channels = {0};
  setup.terms = {{"term", "absolute-error", "test", {}}};
  auto draw = tiny_draw(0);
  at::Tensor flair = draw[case_stream].input.image.select(1, 0);
  flair.slice(1, 0, 8).fill_(0);
  const auto method = make_supervised(setup);
  at::Tensor made;
  StepInfo info;
  const double before = method->validate(draw, info, &made).at("loss");
  const at::Tensor inside = flair != 0;
  const at::Tensor wrong = (made.select(1, 0) - flair).abs().masked_select(inside);
  EXPECT_NEAR(before, wrong.mean().item<double>(), 1e-6);
  for (info.step = 0; info.step < 12; ++info.step) method->step(draw, info);
  EXPECT_LT(method->validate(draw, info).at("loss"), before - 0.02);
}

TEST(Supervised, ANonFiniteLossIsNamedWithItsStepAndNothingIsUpdated) {
  const methods::Setup setup = tiny_setup();
  const auto method = make_supervised(setup);
  const auto before = copies(setup.student.network->module());
  auto draw = tiny_draw(0);
  draw[case_stream].input.image.fill_(std::numeric_limits<float>::infinity());
  StepInfo info;
  info.step = 17;
  EXPECT_THAT([&] { method->step(draw, info); },
              ThrowsMessage<NonFinite>(
                  AllOf(HasSubstr("cross-entropy"), HasSubstr("step 17"), HasSubstr("case0"))));
  EXPECT_EQ(largest_difference(before, copies(setup.student.network->module())), 0);
}

TEST(Supervised, TheLearningRateScaleReachesTheUpdate) {
  const methods::Setup setup = tiny_setup();
  const auto before = copies(setup.student.network->module());
  StepInfo info;
  info.learning_rate_scale = 0;
  make_supervised(setup)->step(tiny_draw(0), info);
  EXPECT_EQ(largest_difference(before, copies(setup.student.network->module())), 0);
}

}  // namespace
}  // namespace kdseg::methods
