#include "losses/adversarial.h"

#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <limits>

#include "finite_difference.h"

namespace kdseg::losses {
namespace {

at::Tensor values(std::initializer_list<double> v) { return at::tensor(v, at::kDouble); }

TEST(Adversarial, MixedScores) {
  const at::Tensor r = values({.9, .6, .5, .4}), q = values({.1, .5, .55, .2});
  EXPECT_DOUBLE_EQ(discriminator_accuracy(r, q), 0.75) << "exactly 0.5 counts as right";
  EXPECT_NEAR(discriminator_loss(r, q).item<double>(), 0.345625, 1e-12);
  EXPECT_NEAR(adversarial_term(q).item<double>(), 0.475625, 1e-12);
}

TEST(Adversarial, SeparatedScores) {
  const at::Tensor r = at::full({1, 1, 2, 2, 2}, 0.8), q = at::full({1, 1, 2, 2, 2}, 0.3);
  EXPECT_EQ(discriminator_accuracy(r, q), 1.0);
  EXPECT_NEAR(discriminator_loss(r, q).item<double>(), 0.13, 1e-6);
  EXPECT_NEAR(0.2 * adversarial_term(q).item<double>(), 0.098, 1e-6);
}

TEST(Adversarial, ScoresThatAreNoNumbersAreWrong) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(discriminator_accuracy(values({nan}), values({nan})), 0.0);
}

TEST(Adversarial, HalfScoresGiveAFloat32Loss) {
  const at::Tensor q = at::full({4}, 0.5, at::kBFloat16);
  EXPECT_EQ(adversarial_term(q).scalar_type(), at::kFloat);
  EXPECT_EQ(discriminator_loss(q, q).scalar_type(), at::kFloat);
}

TEST(Adversarial, Gradients) {
  const at::Tensor other = values({.2, -.7});
  expect_gradient(values({.9, -.4, 1.7}), [](const at::Tensor& q) { return adversarial_term(q); });
  expect_gradient(values({.9, -.4}),
                  [&](const at::Tensor& x) { return discriminator_loss(x, other); });
  expect_gradient(values({.9, -.4}),
                  [&](const at::Tensor& x) { return discriminator_loss(other, x); });
}

}  // namespace
}  // namespace kdseg::losses
