// The terms of U-HVED beside segmentation: latents, reconstruction, weights.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/errors.h"
#include "finite_difference.h"
#include "losses/latent_kl.h"
#include "losses/objective.h"
#include "losses/reconstruction.h"
#include "losses/weight_penalty.h"

namespace kdseg::losses {
namespace {

at::Tensor scalar(double value) { return at::full({1}, value, at::kDouble); }

double kl(double mean_1, double variance_1, double mean_2, double variance_2) {
  return gaussian_kl(scalar(mean_1), scalar(std::log(variance_1)), scalar(mean_2),
                     scalar(std::log(variance_2)))
      .item<double>();
}

/// One latent of four images with variance 1, [1, 4, 2, 1].
at::Tensor scalar_latent(std::initializer_list<double> means, at::ScalarType type) {
  at::Tensor x = at::zeros({1, 4, 2, 1}, at::kDouble);
  x.select(2, 0).copy_(at::tensor(means, at::kDouble).view({1, 4, 1}));
  return x.to(type);
}

at::Tensor present(std::initializer_list<double> given, int64_t samples = 1) {
  return at::tensor(given, at::kDouble).view({samples, -1});
}

at::Tensor waves(at::IntArrayRef shape, double step, double height) {
  int64_t n = 1;
  for (const int64_t s : shape) n *= s;
  return at::sin(at::arange(n, at::kDouble).mul(step)).mul(height).view(shape);
}

TEST(LatentKl, DivergenceOfTwoGaussians) {
  EXPECT_NEAR(kl(4. / 3, 1. / 3, .5, .5), .730510, 1e-6);
  EXPECT_NEAR(kl(.5, .5, 0, 1), .221574, 1e-6);
  EXPECT_NEAR(kl(.3, .7, .3, .7), 0, 1e-7);
}

TEST(LatentKl, ScalarLatentOfFourImages) {
  for (const auto type : {at::kFloat, at::kDouble}) {
    const auto expect = [&](const at::Tensor& x, const at::Tensor& given, double between,
                            double prior) {
      EXPECT_NEAR(latent_kl(x, given).item<double>(), between + prior, 1e-6);
      EXPECT_NEAR(latent_kl(x, given, {.divide_by_all = true}).item<double>(),
                  between * 14 / 15 + prior, 1e-6);
    };
    const at::Tensor x = scalar_latent({1, 2, 3, 4}, type);
    expect(x, {}, .566286, 1.679055);
    expect(x, present({0, 1, 0, 0}), 1.257558, 1.679055);
    expect(scalar_latent({0, 0, 0, 0}, type), present({1, 1, 1, 1}), .072239, .223962);
  }
}

TEST(LatentKl, EverySampleHasItsOwnSubset) {
  for (const auto type : {at::kFloat, at::kDouble}) {
    const at::Tensor x = waves({2, 3, 4, 5}, 1.3, 1.5).to(type);
    const at::Tensor given = present({1, 0, 1, 0, 1, 0}, 2);
    const auto alone = [&](int64_t n) {
      return latent_kl(x.narrow(0, n, 1), given.narrow(0, n, 1)).item<double>();
    };
    EXPECT_NEAR(latent_kl(x, given).item<double>(), (alone(0) + alone(1)) / 2, 1e-6);
  }
}

TEST(LatentKl, Gradients) {
  for (const auto& given : {at::Tensor(), present({1, 0, 1, 0, 1, 0}, 2)})
    expect_gradient(waves({2, 3, 4, 2}, 1.3, 1.5),
                    [&](const at::Tensor& x) { return latent_kl(x, given); });
}

TEST(LatentKl, OnePassAgreesWithThePlainWay) {
  for (const int64_t images : {1, 2, 4, 6}) {
    at::Tensor x = waves({2, images, 4, 700}, 1.7, 3);
    x.select(2, 3).mul_(20);  // beyond the clip on both sides
    at::Tensor given = at::zeros({2, images});
    given.select(1, images - 1).fill_(1);
    given[1].fill_(1);
    const at::Tensor narrow = x.to(at::kFloat).requires_grad_(true);
    const at::Tensor wide = narrow.detach().to(at::kDouble).requires_grad_(true);
    const at::Tensor a = latent_kl(narrow, given), b = latent_kl(wide, given);
    EXPECT_EQ(a.scalar_type(), at::kFloat);
    EXPECT_NEAR(a.item<double>(), b.item<double>(), 1e-5 * b.item<double>());
    a.mul(3).backward();
    b.mul(3).backward();
    const double largest = wide.grad().abs().max().item<double>();
    EXPECT_LT((narrow.grad() - wide.grad()).abs().max().item<double>(), 1e-5 * largest) << images;
  }
}

TEST(LatentKl, ExtremesStayFiniteAndNotANumberIsNotHidden) {
  for (const double log_variance : {-50.0, 50.0, -1e30, 1e30}) {
    at::Tensor x = waves({1, 4, 2, 10}, 1.7, 3).to(at::kFloat);
    x.select(2, 1).fill_(log_variance);
    x.requires_grad_(true);
    const at::Tensor loss = latent_kl(x, {});
    loss.backward();
    EXPECT_TRUE(std::isfinite(loss.item<float>())) << log_variance;
    EXPECT_TRUE(std::isfinite(x.grad().sum().item<float>())) << log_variance;
  }
  for (const int64_t place : {0, 1}) {
    at::Tensor x = waves({1, 4, 2, 10}, 1.7, 3).to(at::kFloat);
    x[0][2][place][5].fill_(std::numeric_limits<float>::quiet_NaN());
    EXPECT_TRUE(std::isnan(latent_kl(x, {}).item<float>()));
  }
}

TEST(LatentKl, RefusesWhatDoesNotFit) {
  const at::Tensor x = waves({1, 3, 4, 5}, 1.3, 1);
  EXPECT_THROW(latent_kl(x.narrow(2, 0, 3), {}), DataError);
  EXPECT_THROW(latent_kl(x, present({1, 1})), DataError);
  EXPECT_THROW(latent_kl(x, present({0, 0, 0})), DataError);
  EXPECT_THROW(latent_kl(at::zeros({1, 11, 2, 1}), {}), DataError);
}

TEST(LatentKl, TermIsAMeanOverLevels) {
  const tensor::Input input{.image = {}, .present = present({0, 1, 0, 0})};
  tensor::Output student;
  for (const char* name : {"posterior-0", "posterior-1", "posterior-2"})
    student.extra.set(name, scalar_latent({1, 2, 3, 4}, at::kFloat));
  student.extra.set("posterior-3", scalar_latent({0, 0, 0, 0}, at::kFloat));
  const Head head;
  const std::vector<Section> sections{{"term", "latent-kl", "", {}}};
  const Objective objective(sections);
  EXPECT_THAT(objective.student_needs(),
              ::testing::ElementsAre("posterior-0", "posterior-1", "posterior-2", "posterior-3"));
  const double level =
      latent_kl(scalar_latent({0, 0, 0, 0}, at::kFloat), input.present).item<double>();
  EXPECT_NEAR(objective.value({.input = input, .student = student, .head = head}).item<double>(),
              (3 * (1.257558 + 1.679055) + level) / 4, 1e-6);
}

TEST(Reconstruction, IsAMeanOverAllImages) {
  const at::Tensor image = at::zeros({1, 2, 1, 1, 2}, at::kDouble);
  const at::Tensor made = at::tensor({1., 2., 3., -4.}, at::kDouble).view({1, 2, 1, 1, 2});
  EXPECT_DOUBLE_EQ(reconstruction_loss(made, image).item<double>(), 7.5);
  EXPECT_EQ(reconstruction_loss(made.to(at::kBFloat16), image.to(at::kFloat)).scalar_type(),
            at::kFloat);
  expect_gradient(made, [&](const at::Tensor& x) { return reconstruction_loss(x, image); });
  EXPECT_THROW(reconstruction_loss(made, image.narrow(1, 0, 1)), DataError);
}

TEST(WeightPenalty, MeanOverTensorsOrSum) {
  const std::vector<at::Tensor> weights{at::full({2, 3}, 2.0, at::kDouble),
                                        at::full({5}, 1.0, at::kDouble)};
  EXPECT_NEAR(weight_penalty(weights).item<double>(), 0.5e-5 * (24 + 5) / 2, 1e-12);
  EXPECT_NEAR(weight_penalty(weights, {.coefficient = 0.1, .sum = true}).item<double>(), 1.45,
              1e-12);
  EXPECT_THROW(weight_penalty({}), DataError);
  expect_gradient(waves({2, 3}, 1.1, 1), [&](const at::Tensor& x) {
    return weight_penalty(std::vector<at::Tensor>{x, weights[1]}, {.coefficient = 0.3});
  });
}

TEST(WeightPenalty, TermLooksAtTheWeightsItIsGiven) {
  const std::vector<at::Tensor> weights{at::full({4}, 1.0)};
  const tensor::Input input;
  const tensor::Output student;
  const Head head;
  const std::vector<Section> sections{{"term", "weight-penalty", "", {{"coefficient", "1", ""}}}};
  const Objective objective(sections);
  EXPECT_TRUE(objective.needs_weights());
  EXPECT_FALSE(objective.needs_target());
  EXPECT_EQ(objective.value({.input = input, .student = student, .head = head, .weights = weights})
                .item<double>(),
            2.0);
}

}  // namespace
}  // namespace kdseg::losses
