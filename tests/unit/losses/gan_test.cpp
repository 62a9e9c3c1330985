// Adversarial objectives of translations, with the values worked out by hand from Li et al. 2020.
#include "losses/gan.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "finite_difference.h"

namespace kdseg::losses {
namespace {

at::Tensor scores(std::vector<double> values) { return at::tensor(values, at::kDouble); }

TEST(Gan, LeastSquares) {
  const auto real = scores({.8, .5}), made = scores({.3, -.1});
  EXPECT_NEAR(discriminator_loss(Gan::least_squares, real, made).item<double>(), 0.0975, 1e-12);
  EXPECT_NEAR(generator_loss(Gan::least_squares, made).item<double>(), 0.85, 1e-12);
}

TEST(Gan, Logistic) {
  const auto real = scores({2, 0}), made = scores({-1, 1});
  for (const auto gan : {Gan::cross_entropy, Gan::saturating})
    EXPECT_NEAR(discriminator_loss(gan, real, made).item<double>(), 0.611650, 1e-6);
  EXPECT_NEAR(generator_loss(Gan::cross_entropy, made).item<double>(), 0.813262, 1e-6);
  EXPECT_NEAR(generator_loss(Gan::saturating, made).item<double>(), -0.813262, 1e-6);
  // The two differ where scores are not symmetric.
  EXPECT_NEAR(generator_loss(Gan::cross_entropy, scores({2})).item<double>(), 0.126928, 1e-6);
  EXPECT_NEAR(generator_loss(Gan::saturating, scores({2})).item<double>(), -2.126928, 1e-6);
}

TEST(Gan, Gradients) {
  const auto x = scores({.3, -.1, 1.7});
  for (const auto* word : {"lsgan", "bce", "bce-sat"}) {
    const Gan gan = gan_from(word);
    expect_gradient(x, [&](const at::Tensor& s) { return generator_loss(gan, s); });
    expect_gradient(x, [&](const at::Tensor& s) { return discriminator_loss(gan, s, 0.5 * s); });
  }
}

TEST(Gan, HalfScoresAreWidened) {
  const auto made = at::tensor({300.0, -300.0}, at::kDouble);
  EXPECT_NEAR(generator_loss(Gan::least_squares, made.to(at::kHalf)).item<double>(), 90001, 1);
}

}  // namespace
}  // namespace kdseg::losses
