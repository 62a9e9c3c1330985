#include "losses/dice.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/full.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"
#include "finite_difference.h"
#include "losses/objective.h"
#include "losses/shares.h"

namespace kdseg::losses {
namespace {

/// Two voxels, logits (2,0,0,0) labelled 0 and (0,0,0,2) labelled 3.
struct TwoVoxels {
  at::Tensor logits =
      at::tensor({2., 0., 0., 0., 0., 0., 0., 2.}, at::kDouble).view({1, 4, 1, 1, 2});
  tensor::Target target{.classes = at::tensor({0, 3}, at::kLong).view({1, 1, 1, 2}), .share = {}};
  Head head{Head::Kind::softmax, {"a", "b", "c", "d"}, {{0}, {1}, {2}, {3}}, {0, 1, 2, 4}};
  at::Tensor probability = at::softmax(logits, 1);
  at::Tensor shares = shares_of(target, head, probability);
};

at::Tensor waves(at::IntArrayRef shape, double step) {
  int64_t n = 1;
  for (const int64_t s : shape) n *= s;
  return at::sigmoid(at::sin(at::arange(n, at::kDouble).mul(step)).mul(2)).view(shape);
}

TEST(Dice, TwoVoxelsSquared) {
  const TwoVoxels v;
  EXPECT_NEAR(v.probability.view(-1)[0].item<double>(), 0.711235, 1e-6);
  const at::Tensor loss = dice_loss(v.probability, v.shares, {.squared = true});
  EXPECT_NEAR(loss.item<double>(), 0.530305, 1e-6);
  // Without the background, from the four published overlaps.
  EXPECT_NEAR(
      dice_loss(v.probability, v.shares, {.squared = true, .foreground = true}).item<double>(),
      1 - (0.000539 + 0.000539 + 0.938850) / 3, 1e-6);
}

TEST(Dice, TwoVoxelsLinear) {
  const TwoVoxels v;
  const double seen = (2 * 0.7112346 + 1e-5) / (0.7112346 + 0.0962551 + 1 + 1e-5);
  const double absent = 1e-5 / (2 * 0.0962551 + 1e-5);
  EXPECT_NEAR(dice_loss(v.probability, v.shares).item<double>(), 1 - (seen + absent) / 2, 1e-6);
}

TEST(Dice, IsAMeanOverSamples) {
  const at::Tensor a = waves({2, 3, 2, 2, 2}, 1.3), b = waves({2, 3, 2, 2, 2}, 0.7);
  const double both = dice_loss(a, b).item<double>();
  const double first = dice_loss(a.narrow(0, 0, 1), b.narrow(0, 0, 1)).item<double>();
  const double second = dice_loss(a.narrow(0, 1, 1), b.narrow(0, 1, 1)).item<double>();
  EXPECT_NEAR(both, (first + second) / 2, 1e-12);
}

// Li et al. 2020 with SIFA's code: all eight classes, sums over the batch, smoothed below alone.
TEST(Dice, AClassThatNobodyHasCountsAsMissed) {
  const DiceOptions sifa{.smoothing = 1e-7,
                         .squared = true,
                         .target_plain = true,
                         .over_batch = true,
                         .below_alone = true};
  const auto options = at::TensorOptions().dtype(at::kDouble);
  const at::Tensor background = at::zeros({1, 8, 8}, options);
  background.select(1, 0).fill_(1);
  const at::Tensor uniform = at::full({1, 8, 8}, 1.0 / 8, options);
  EXPECT_NEAR(dice_loss(background, background, sifa).item<double>(), 0.875, 1e-6);
  EXPECT_NEAR(dice_loss(uniform, at::eye(8, options).unsqueeze(0), sifa).item<double>(), 0.777778,
              1e-6);
  EXPECT_NEAR(dice_loss(uniform, background, sifa).item<double>(), 0.969231, 1e-6);
  // Two pixels, two classes; half of the samples each.
  const at::Tensor p = at::tensor({.9, .1, .2, .8}, at::kDouble).view({2, 2, 1});
  const at::Tensor g = at::eye(2, options).view({2, 2, 1});
  EXPECT_NEAR(dice_loss(p, g, sifa).item<double>(), 0.028665, 1e-6);
}

TEST(Dice, Gradients) {
  const at::Tensor a = waves({2, 3, 1, 2, 2}, 1.3), b = waves({2, 3, 1, 2, 2}, 0.7);
  for (const bool squared : {false, true})
    for (const bool foreground : {false, true}) {
      const DiceOptions options{.squared = squared, .foreground = foreground};
      expect_gradient(a, [&](const at::Tensor& x) { return dice_loss(x, b, options); });
      expect_gradient(b, [&](const at::Tensor& x) { return dice_loss(a, x, options); });
    }
}

TEST(Dice, HalfMapsGiveAFloat32Loss) {
  const at::Tensor half = at::full({1, 2, 4}, 0.5, at::kBFloat16);
  const at::Tensor loss = dice_loss(half, half);
  EXPECT_EQ(loss.scalar_type(), at::kFloat);
  EXPECT_NEAR(loss.item<double>(), 0.5, 1e-5);
}

TEST(Dice, RefusesWhatDoesNotFit) {
  const at::Tensor a = waves({1, 3, 2, 2, 2}, 1.3);
  EXPECT_THROW(dice_loss(a, a.narrow(1, 0, 2)), DataError);
  EXPECT_THROW(dice_loss(a.narrow(1, 0, 1), a.narrow(1, 0, 1), {.foreground = true}), DataError);
}

TEST(Dice, TermReadsItsSettings) {
  TwoVoxels v;
  const tensor::Input input;
  const tensor::Output student{.logits = v.logits, .extra = {}};
  const Evidence evidence{.input = input, .student = student, .target = &v.target, .head = v.head};
  const std::vector<Section> squared{
      {"term", "dice", "test", {{"denominator", "squared", "test"}}}};
  EXPECT_NEAR(Objective(squared).value(evidence).item<double>(), 0.530305, 1e-6);
}

TEST(Shares, RegionsHoldTheirClasses) {
  const Head head{Head::Kind::sigmoid, {"WT", "TC", "ET"}, {{1, 2, 3}, {1, 3}, {3}}, {0, 1, 2, 4}};
  const tensor::Target target{.classes = at::arange(4, at::kLong).view({1, 1, 1, 4}), .share = {}};
  const at::Tensor shares = shares_of(target, head, at::zeros({1, 3, 1, 1, 4}));
  const at::Tensor expected =
      at::tensor({0.f, 1.f, 1.f, 1.f, 0.f, 1.f, 0.f, 1.f, 0.f, 0.f, 0.f, 1.f});
  EXPECT_TRUE(shares.equal(expected.view({1, 3, 1, 1, 4})));
}

TEST(Shares, GivenOnesAreTaken) {
  TwoVoxels v;
  v.target.share = at::full({1, 4, 1, 1, 2}, 0.25);
  EXPECT_TRUE(shares_of(v.target, v.head, v.logits).eq(0.25).all().item<bool>());
  v.target.share = at::full({1, 3, 1, 1, 2}, 0.25);
  EXPECT_THROW(shares_of(v.target, v.head, v.logits), DataError);
}

TEST(Shares, RefusesLabelsThatDoNotFit) {
  TwoVoxels v;
  v.target.classes = v.target.classes.add(1);
  EXPECT_THROW(shares_of(v.target, v.head, v.logits), DataError);
  v.target.classes = at::zeros({1, 1, 1, 3}, at::kLong);
  EXPECT_THROW(shares_of(v.target, v.head, v.logits), DataError);
}

}  // namespace
}  // namespace kdseg::losses
