// Loss terms of model distillation: the values worked out by hand in Nalwade & Kisa's restatement.
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/logit.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"
#include "finite_difference.h"
#include "losses/binary_cross_entropy.h"
#include "losses/dice.h"
#include "losses/objective.h"
#include "losses/vae_kl.h"

namespace kdseg::losses {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

at::Tensor row(const std::vector<double>& values) {
  return at::tensor(values, at::kDouble).view({1, 1, static_cast<int64_t>(values.size())});
}

const at::Tensor p = row({.8, .2, .6, .4}), g = row({1, 0, 1, 0});

double value(const at::Tensor& x) { return x.item<double>(); }

TEST(DistillationTerms, DiceByDenominator) {
  EXPECT_NEAR(value(dice_loss(p, g, {.smoothing = 1e-12, .squared = true})), 0.125, 1e-9);
  EXPECT_NEAR(value(dice_loss(p, g, {.smoothing = 1e-12})), 1 - 0.7, 1e-9);
  const at::Tensor half = row({.5});
  EXPECT_NEAR(value(dice_loss(half, half, {.smoothing = 1e-12, .squared = true})), 0, 1e-9);
  EXPECT_NEAR(
      value(dice_loss(half, half, {.smoothing = 1e-12, .squared = true, .target_plain = true})),
      1 - 0.6666667, 1e-7);
}

TEST(DistillationTerms, DiceSumsOverTheBatchJointly) {
  // 2 (1 + 0) / (1 + 4) of both samples at once; each for itself 2/2 and 0/3.
  const at::Tensor a = at::cat({row({1, 0, 0}), row({1, 0, 0})});
  const at::Tensor b = at::cat({row({1, 0, 0}), row({0, 1, 1})});
  const DiceOptions joint{.smoothing = 1e-12, .squared = true, .over_batch = true};
  EXPECT_NEAR(value(dice_loss(a, b, joint)), 1 - 2.0 / 5, 1e-9);
  EXPECT_NEAR(value(dice_loss(a, b, {.smoothing = 1e-12, .squared = true})), 0.5, 1e-9);
  expect_gradient(a * 0.8 + 0.1, [&](const at::Tensor& x) { return dice_loss(x, b, joint); });
}

TEST(DistillationTerms, AnEmptyRegionFoundEmptyCostsNothing) {
  const at::Tensor nothing = at::zeros({1, 1, 4}, at::kDouble).requires_grad_(true);
  const at::Tensor loss = dice_loss(nothing, at::zeros({1, 1, 4}, at::kDouble), {.squared = true});
  EXPECT_EQ(value(loss), 0);
  loss.backward();
  EXPECT_TRUE(at::isfinite(nothing.grad()).all().item<bool>());
}

TEST(DistillationTerms, BinaryCrossEntropyWithEverySwitch) {
  const at::Tensor logits = at::logit(p);
  EXPECT_NEAR(value(binary_cross_entropy(logits, g, {.from_logits = true})), 0.3669846, 1e-7);
  EXPECT_NEAR(value(binary_cross_entropy(p, g, {})), 0.3669846, 1e-7);
  // Two channels: the mean over voxels of their sum is twice the mean over elements.
  const at::Tensor two = at::cat({logits, logits}, 1), twice = at::cat({g, g}, 1);
  EXPECT_NEAR(value(binary_cross_entropy(two, twice, {.per_voxel = true, .from_logits = true})),
              2 * 0.3669846, 2e-7);
  // Background by 0.01: -(ln .8 + ln .6 + .01 (ln .8 + ln .6)) / 4.
  for (const bool from_logits : {true, false})
    EXPECT_NEAR(value(binary_cross_entropy(from_logits ? logits : p, g,
                                           {.background = 0.01, .from_logits = from_logits})),
                1.01 * 0.7339692 / 4, 1e-7);
  for (const double background : {1.0, 0.3}) {
    const BinaryCrossEntropyOptions options{.background = background, .from_logits = true};
    expect_gradient(logits,
                    [&](const at::Tensor& x) { return binary_cross_entropy(x, g, options); });
  }
}

TEST(DistillationTerms, LogitsStayFiniteHoweverWrong) {
  for (const double background : {1.0, 0.5}) {
    const BinaryCrossEntropyOptions options{.background = background, .from_logits = true};
    const at::Tensor x = at::full({1, 1, 1}, -100, at::kFloat).requires_grad_(true);
    const at::Tensor loss = binary_cross_entropy(x, at::ones({1, 1, 1}), options);
    EXPECT_FLOAT_EQ(loss.item<float>(), 100);
    loss.backward();
    EXPECT_FLOAT_EQ(x.grad().item<float>(), -1);
    const at::Tensor far = at::full({1, 1, 1}, -1000, at::kFloat);
    EXPECT_FLOAT_EQ(binary_cross_entropy(far, at::ones({1, 1, 1}), options).item<float>(), 1000);
  }
}

TEST(DistillationTerms, VaeKl) {
  const at::Tensor gaussian =
      at::cat({at::full({1, 1, 128}, 0.5, at::kDouble), at::zeros({1, 1, 128}, at::kDouble)}, 1);
  EXPECT_NEAR(value(vae_kl(gaussian, 1)), 32, 1e-12);
  EXPECT_NEAR(value(vae_kl(gaussian, 4.0 * 128 * 128 * 128)), 3.8146973e-6, 1e-13);
  EXPECT_NEAR(value(vae_kl(at::cat({gaussian, at::zeros_like(gaussian)}), 128)), 0.25 / 2, 1e-12)
      << "a mean over samples";
  EXPECT_EQ(value(vae_kl(at::zeros({2, 2, 3}, at::kDouble), 1)), 0);
  const at::Tensor waves = at::sin(at::arange(12, at::kDouble)).view({2, 2, 3});
  expect_gradient(waves, [](const at::Tensor& x) { return vae_kl(x, 6); });
  EXPECT_THAT(
      [] {
        vae_kl(at::zeros({2, 6}), 1);
      },
      ThrowsMessage<DataError>(HasSubstr("[2, 6], expected [N, 2, L]")));
}

const Head regions{Head::Kind::sigmoid, {"WT", "ET"}, {{1, 2}, {2}}, {0, 2, 4}};

/// A network's outputs of a volume of 4 x 4 x 4 voxels, and its labels.
struct Outputs {
  Outputs() {
    const auto waves = [](at::IntArrayRef shape, int64_t n) {
      return at::sin(at::arange(n, at::kDouble)).view(shape);
    };
    student.logits = waves({1, 2, 4, 4, 4}, 128);
    student.extra.set("half", waves({1, 2, 2, 2, 2}, 16));
    student.extra.set("odd", waves({1, 2, 2, 2, 3}, 24));
    target.classes = at::zeros({1, 4, 4, 4}, at::kLong);
    // Of the first block of 2 x 2 x 2 voxels three are of class 1 and one is of class 2.
    target.classes[0][0][0].slice(0, 0, 2).fill_(1);
    target.classes[0][0][1][0] = 1;
    target.classes[0][1][1][1] = 2;
    input.image = at::zeros({1, 1, 4, 4, 4}, at::kDouble);
  }
  double of(const std::string& term, std::vector<Setting> settings, const Head& head = regions) {
    const std::vector<Section> one{{"term", term, "a.ini:1", std::move(settings)}};
    const Objective objective(one);
    return objective.value({.input = input, .student = student, .target = &target, .head = head})
        .item<double>();
  }
  tensor::Input input;
  tensor::Output student;
  tensor::Target target{};
};

TEST(DistillationTerms, CoarseOutputsMeetLabelsAveragedOverBlocks) {
  Outputs outputs;
  const at::Tensor probability = at::sigmoid(outputs.student.extra.get("half"));
  at::Tensor shares = at::zeros({1, 2, 2, 2, 2}, at::kDouble);
  shares[0][0][0][0][0] = 0.5;    // four of eight voxels belong to WT
  shares[0][1][0][0][0] = 0.125;  // one to ET
  EXPECT_NEAR(outputs.of("dice", {{"output", "half", ""}, {"denominator", "squared", ""}}),
              value(dice_loss(probability, shares, {.squared = true})), 1e-12);
  EXPECT_NEAR(outputs.of("binary-cross-entropy", {{"output", "half", ""}, {"from", "logits", ""}}),
              value(binary_cross_entropy(probability, shares)), 1e-12);
  EXPECT_GT(std::abs(outputs.of("dice", {{"output", "half", ""}}) - outputs.of("dice", {})), 1e-4);
  EXPECT_THAT(
      [&] {
        outputs.of("dice", {{"output", "odd", ""}});
      },
      ThrowsMessage<DataError>(HasSubstr("[1, 2, 2, 2, 3]; expected an equal fraction")));
}

TEST(DistillationTerms, TermsAskTheNetworkForTheirOutputs) {
  const std::vector<Section> sections{
      {"term", "dice", "", {}},
      {"term", "dice:half", "", {{"output", "half", ""}}},
      {"term", "binary-cross-entropy:half", "", {{"output", "half", ""}}},
      {"term", "vae-kl", "", {}}};
  EXPECT_THAT(Objective(sections).student_needs(), testing::ElementsAre("half", "latent"));
}

TEST(DistillationTerms, CrossEntropyFromLogitsNeedsRegions) {
  Outputs outputs;
  const Head softmax{Head::Kind::softmax, {"a", "b"}, {{0}, {1}}, {0, 1}};
  EXPECT_THAT(
      [&] {
        outputs.of("binary-cross-entropy", {{"from", "logits", ""}}, softmax);
      },
      ThrowsMessage<UsageError>(HasSubstr("--head regions")));
}

}  // namespace
}  // namespace kdseg::losses
