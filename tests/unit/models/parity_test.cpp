// Values of an independent float64 implementation of the official networks, width 4, 32 cubed:
// tests/reference/parity.py computes them.
#include <gtest/gtest.h>

#include <ATen/ops/norm.h>

#include "filled.h"
#include "losses/adversarial.h"
#include "losses/cross_entropy.h"
#include "models/networks/patch_discriminator.h"
#include "models/networks/unet.h"

namespace kdseg::models {
namespace {

constexpr double tolerance = 1e-6;

std::shared_ptr<Network> filled_unet(int64_t channels) {
  auto network = make_unet({.in_channels = channels, .classes = 4, .width = 4});
  fill_by_formula(network->module());
  return network;
}

at::Tensor image(int64_t channels) { return wave({1, channels, 32, 32, 32}, 0, 1, 0.011, 0); }

void expect_map(const at::Tensor& map, double mean, double norm) {
  EXPECT_NEAR(map.mean().item<double>(), mean, tolerance);
  EXPECT_NEAR(at::norm(map).item<double>(), norm, tolerance * 10);
}

void expect_voxel(const at::Tensor& logits, int64_t at, std::array<double, 4> expected) {
  for (int64_t k = 0; k < 4; ++k)
    EXPECT_NEAR(logits[0][k][at][at][at].item<double>(), expected[static_cast<size_t>(k)],
                tolerance);
}

TEST(Parity, StudentLogitsAndMaps) {
  const c10::NoGradGuard no_grad;
  const auto network = filled_unet(3);
  const auto names = network->extras();
  const auto out = network->forward({.image = image(3)}, names);
  expect_map(out.logits, -0.0034782710, 46.66140219);
  expect_voxel(out.logits, 0, {0.02031979, 0.00953940, -0.01041292, -0.01015867});
  expect_voxel(out.logits, 16, {0.17553464, 0.03910336, -0.16026655, -0.06689758});
  expect_map(out.extra.get("d2"), 0.4307577367, 129.51981757);
  expect_map(out.extra.get("u3"), 0.3945683606, 45.84173034);
  expect_map(out.extra.get("d3"), 0.3836004809, 64.54721345);
  expect_map(out.extra.get("u4"), 0.4046205869, 22.87299642);
  expect_map(out.extra.get("d4"), 0.4041038165, 32.03845321);
  expect_map(out.extra.get("c5"), 0.4499623545, 11.33792175);
}

TEST(Parity, TeacherLogits) {
  const c10::NoGradGuard no_grad;
  const auto out = filled_unet(4)->forward({.image = image(4)});
  expect_map(out.logits, -0.0033396039, 46.41664007);
  expect_voxel(out.logits, 16, {0.10598649, 0.00324332, -0.09722138, -0.01960472});
  EXPECT_TRUE(out.extra.items.empty()) << "only what was asked for";
}

TEST(Parity, StudentLossAndItsGradients) {
  const auto network = filled_unet(3);
  const auto discriminator =
      make_patch_discriminator({.image_channels = 3, .classes = 4, .width = 4});
  fill_by_formula(*discriminator->module());
  const at::Tensor x = image(3);
  const auto needs = discriminator->needs();
  const auto out = network->forward({.image = x}, needs);
  const at::Tensor score = discriminator->forward(x, out);
  EXPECT_EQ(score.sizes(), at::IntArrayRef({1, 1, 1, 1, 1}));
  EXPECT_NEAR(score.item<double>(), 0.6828570621, tolerance);

  const at::Tensor y = at::arange(32 * 32 * 32, at::kLong).remainder(4).view({1, 32, 32, 32});
  const std::vector<double> weights{1.0, 59.4507, 23.3190, 71.8481};
  const at::Tensor weighted = losses::cross_entropy(out.logits, y, weights);
  EXPECT_NEAR(weighted.item<double>(), 1.4285337555, tolerance);
  EXPECT_NEAR(losses::cross_entropy(out.logits, y, {}).item<double>(), 1.3958986960, tolerance);
  const at::Tensor adversarial = losses::adversarial_term(score);
  EXPECT_NEAR(adversarial.item<double>(), 0.1005796431, tolerance);
  const at::Tensor loss = weighted.add(adversarial, 0.2);
  EXPECT_NEAR(loss.item<double>(), 1.4486496841, tolerance);

  loss.backward();
  const auto all = network->module().named_parameters();
  const auto gradient = [&](const char* name) { return at::norm(all[name].grad()).item<double>(); };
  EXPECT_NEAR(gradient("conv_d1.conv1.conv.weight"), 23.718974, 2e-6);
  EXPECT_NEAR(gradient("conv_out.weight"), 0.34386462, tolerance);
  EXPECT_NEAR(gradient("conv_u4.conv_left.weight"), 14.143829, 2e-6);
}

}  // namespace
}  // namespace kdseg::models
