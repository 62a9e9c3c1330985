// A trained network: accumulated and clipped updates, samples without a label.
#include "methods/learner.h"

#include <ATen/ops/cat.h>
#include <gtest/gtest.h>

#include <cmath>

#include "methods/single_network.h"
#include "tiny.h"

namespace kdseg::methods {
namespace {

Setup tiny_setup() {
  methods::Setup setup = setup_of(tiny_model({"flair", "t1ce", "t1", "t2"}, 1, at::kDouble, "0"));
  setup.terms = {cross_entropy_section()};
  setup.networks[0].regimen.optimizer = {.name = "sgd", .learning_rate = 0.01, .momentum = 0};
  return setup;
}

tensor::Draw both(const tensor::Draw& a, const tensor::Draw& b) {
  tensor::Batch batch = a.at(case_stream);
  const auto& other = b.at(case_stream);
  batch.input.image = at::cat({batch.input.image, other.input.image});
  batch.target.classes = at::cat({batch.target.classes, other.target.classes});
  batch.cases.push_back(other.cases[0]);
  return {{case_stream, batch}};
}

/// The parameters after `steps` steps on the draws, one each.
std::vector<at::Tensor> after(const Setup& setup, const std::vector<tensor::Draw>& draws) {
  const auto method = make_supervised(setup);
  StepInfo info;
  info.steps = static_cast<int64_t>(draws.size());
  for (const auto& draw : draws) {
    method->step(draw, info);
    ++info.step;
  }
  return copies(student_of(setup).network->module());
}

// Instance norms see one sample each, and the mean of equal weights over voxels of equal counts is
// linear: two batches of one are one batch of two.
TEST(Learner, AccumulatedBatchesAreOneLargerBatch) {
  methods::Setup setup = tiny_setup(), larger = tiny_setup();
  setup.terms = larger.terms = {{"term", "cross-entropy", "test", {}}};
  setup.networks[0].regimen.accumulate = 2;
  const auto a = tiny_draw(0, at::kDouble), b = tiny_draw(1, at::kDouble);
  EXPECT_LT(largest_difference(after(setup, {a, b}), after(larger, {both(a, b)})), 1e-12);
}

TEST(Learner, AWindowThatTheRunEndsInIsUsed) {
  methods::Setup setup = tiny_setup();
  const auto start = copies(student_of(setup).network->module());
  setup.networks[0].regimen.accumulate = 4;
  EXPECT_GT(largest_difference(after(setup, {tiny_draw(0, at::kDouble)}), start), 0);
}

TEST(Learner, AWindowThatEndsWithoutLabelsIsUsed) {
  methods::Setup setup = tiny_setup(), half = tiny_setup();
  setup.networks[0].regimen.accumulate = 2;
  half.networks[0].regimen.optimizer.learning_rate /= 2;
  const auto labelled = tiny_draw(0, at::kDouble);
  auto bare = tiny_draw(1, at::kDouble);
  bare[case_stream].target = {};
  EXPECT_LT(largest_difference(after(setup, {labelled, bare}), after(half, {labelled})), 1e-12);
}

TEST(Learner, AClippedUpdateHasTheLimitsLength) {
  methods::Setup setup = tiny_setup();
  const auto start = copies(student_of(setup).network->module());
  setup.networks[0].regimen.clip_norm = 1e-3;
  const auto end = after(setup, {tiny_draw(0, at::kDouble)});
  double square = 0;
  for (size_t i = 0; i < start.size(); ++i)
    square += (end[i] - start[i]).pow(2).sum().item<double>();
  EXPECT_NEAR(std::sqrt(square), 0.01 * 1e-3, 1e-9) << "rate times the largest norm";
}

TEST(Learner, SamplesWithoutLabelDoNotCountInTermsAboutLabels) {
  auto mixed = both(tiny_draw(0, at::kDouble), tiny_draw(1, at::kDouble));
  mixed[case_stream].labelled = {1};
  const auto report = make_supervised(tiny_setup())->step(mixed, {});
  const auto alone = make_supervised(tiny_setup())->step(tiny_draw(1, at::kDouble), {});
  EXPECT_NEAR(report.at("cross-entropy"), alone.at("cross-entropy"), 1e-12);
}

// A batch of weighted samples: the mean of each sample's own loss times its weight.
TEST(Learner, WeightsScaleWhatEachSampleAdds) {
  const auto a = tiny_draw(0, at::kDouble), b = tiny_draw(1, at::kDouble);
  auto mixed = both(a, b);
  mixed[case_stream].weights = {1, 0.25};
  const auto loss = [](const tensor::Draw& draw) {
    return make_supervised(tiny_setup())->step(draw, {}).at("loss");
  };
  EXPECT_NEAR(loss(mixed), (loss(a) + 0.25 * loss(b)) / 2, 1e-12);
  mixed[case_stream].labelled = {1};
  EXPECT_NEAR(loss(mixed), 0.25 * loss(b), 1e-12);
  auto alike = both(a, b);
  const double whole = loss(alike);
  alike[case_stream].weights = {0.5, 0.5};
  EXPECT_NEAR(loss(alike), 0.5 * whole, 1e-12);
}

TEST(Learner, NoLabelAtAllMovesNothing) {
  methods::Setup setup = tiny_setup();
  const auto start = copies(student_of(setup).network->module());
  auto draw = tiny_draw(0, at::kDouble);
  draw[case_stream].target = {};
  const auto method = make_supervised(setup);
  EXPECT_EQ(method->step(draw, {}).at("loss"), 0);
  EXPECT_EQ(largest_difference(start, copies(student_of(setup).network->module())), 0);
}

}  // namespace
}  // namespace kdseg::methods
