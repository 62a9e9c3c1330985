// Training from labels: the loss falls, masks follow step and seed, faults are named.
#include "methods/single_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/errors.h"
#include "methods/finite_report.h"
#include "tiny.h"

namespace kdseg::methods {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Setup tiny_setup() {
  methods::Setup setup = setup_of(tiny_model({"flair", "t1ce", "t1", "t2"}, 1));
  setup.terms = {cross_entropy_section()};
  setup.networks[0].regimen.optimizer.learning_rate = 2e-3;
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
  const auto before = copies(student_of(setup).network->module());
  Logits outputs, others;
  const Report first = method->validate(tiny_draw(1).at(case_stream), {}, &outputs);
  const Report second = method->validate(tiny_draw(1).at(case_stream), {.step = 5}, &others);
  const at::Tensor logits = outputs.at("student"), again = others.at("student");
  EXPECT_EQ(first, second);
  EXPECT_TRUE(logits.equal(again));
  EXPECT_EQ(logits.size(1), 4);
  EXPECT_EQ(largest_difference(before, copies(student_of(setup).network->module())), 0);
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
  student_of(setup) = tiny_model({"flair", "t1", "t2"}, 1);
  auto draw = tiny_draw(0);
  const auto method = make_supervised(setup);
  const double loss = method->validate(draw.at(case_stream), {}).at("loss");
  draw[case_stream].input.image.select(1, 1).fill_(7);  // the channel that is not its own
  EXPECT_EQ(method->validate(draw.at(case_stream), {}).at("loss"), loss);
}

// Flair out of t1ce, t1 and t2: the loss is the plain mean over the voxels where flair is not 0.
TEST(Supervised, LearnsToMakeAChannel) {
  methods::Setup setup = tiny_setup();
  models::Model& maker = student_of(setup) = tiny_model({"t1ce", "t1", "t2"}, 1, at::kFloat, "0");
  maker.contract.head = {Head::Kind::image, {"synthetic-flair"}, {{}}, {}};
  maker.network = models::make_network(maker.section, 3, 1, 0, &maker.section);
  models::initialize(*maker.network, 1);
  setup.made_channels = {"flair"};
  setup.terms = {{"term", "absolute-error", "test", {}}};
  auto draw = tiny_draw(0);
  at::Tensor flair = draw[case_stream].input.image.select(1, 0);
  flair.slice(1, 0, 8).fill_(0);
  const auto method = make_supervised(setup);
  Logits outputs;
  StepInfo info;
  const double before = method->validate(draw.at(case_stream), info, &outputs).at("loss");
  const at::Tensor made = outputs.at("student");
  const at::Tensor inside = flair != 0;
  const at::Tensor wrong = (made.select(1, 0) - flair).abs().masked_select(inside);
  EXPECT_NEAR(before, wrong.mean().item<double>(), 1e-6);
  for (info.step = 0; info.step < 12; ++info.step) method->step(draw, info);
  EXPECT_LT(method->validate(draw.at(case_stream), info).at("loss"), before - 0.02);
}

TEST(Supervised, ANonFiniteLossIsNamedWithItsStepAndNothingIsUpdated) {
  const methods::Setup setup = tiny_setup();
  const auto method = make_supervised(setup);
  const auto before = copies(student_of(setup).network->module());
  auto draw = tiny_draw(0);
  draw[case_stream].input.image.fill_(std::numeric_limits<float>::infinity());
  StepInfo info;
  info.step = 17;
  EXPECT_THAT([&] { method->step(draw, info); },
              ThrowsMessage<NonFinite>(
                  AllOf(HasSubstr("cross-entropy"), HasSubstr("step 17"), HasSubstr("case0"))));
  EXPECT_EQ(largest_difference(before, copies(student_of(setup).network->module())), 0);
}

TEST(Supervised, ThePlateauRuleReachesTheUpdate) {
  const methods::Setup setup = tiny_setup();
  const auto before = copies(student_of(setup).network->module());
  StepInfo info;
  info.plateau_scale = 0;
  make_supervised(setup)->step(tiny_draw(0), info);
  EXPECT_EQ(largest_difference(before, copies(student_of(setup).network->module())), 0);
}

}  // namespace
}  // namespace kdseg::methods
