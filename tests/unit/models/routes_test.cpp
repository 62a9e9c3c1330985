// The fast kernels against LibTorch's own: outputs and gradients of whole networks in float32.
#include <ATen/ops/arange.h>
#include <ATen/ops/sin.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "losses/adversarial.h"
#include "losses/cross_entropy.h"
#include "models/catalog.h"
#include "models/hierarchical_discriminator.h"
#include "models/unet.h"
#include "tensor/noise.h"

namespace kdseg::models {
namespace {

/// Largest difference over the largest value.
double difference(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor wide = b.to(at::kDouble);
  return a.to(at::kDouble).sub(wide).abs().max().item<double>() /
         std::max(wide.abs().max().item<double>(), 1e-12);
}

at::Tensor image(int64_t n, int64_t channels, at::IntArrayRef size) {
  const int64_t count = n * channels * size[0] * size[1] * size[2];
  return at::sin(at::arange(count, at::kFloat).mul(0.013))
      .view({n, channels, size[0], size[1], size[2]});
}

struct Pass {
  at::Tensor logits, input_gradient;
  std::vector<std::pair<std::string, at::Tensor>> gradients;
};

Pass run(bool plain, int64_t batch, at::IntArrayRef size, bool dropout) {
  const auto network = make_unet({.in_channels = 3, .width = 4, .plain = plain});
  const auto judge = make_hierarchical_discriminator({.width = 4, .plain = plain});
  initialize(*network, 4);
  initialize(*judge, 4);
  std::vector<uint64_t> keys;
  for (int64_t i = 0; i < batch; ++i) keys.push_back(static_cast<uint64_t>(i));
  tensor::Noise noise(9, keys);
  tensor::Input input{.image = image(batch, 3, size).requires_grad_(true)};
  if (dropout) input.noise = &noise;
  const auto needs = judge->needs();
  const auto out = network->forward(input, needs);
  const at::Tensor labels = at::arange(batch * size[0] * size[1] * size[2], at::kLong)
                                .remainder(4)
                                .view({batch, size[0], size[1], size[2]});
  const at::Tensor loss =
      losses::cross_entropy(out.logits, labels, std::vector<double>{1, 60, 23, 72})
          .add(losses::adversarial_term(judge->forward(input.image, out)), 0.2);
  loss.backward();
  Pass pass{out.logits.detach(), input.image.grad(), {}};
  for (const auto& item : network->module().named_parameters())
    pass.gradients.emplace_back(item.key(), item.value().grad());
  for (const auto& item : judge->module()->named_parameters())
    pass.gradients.emplace_back(item.key(), item.value().grad());
  return pass;
}

void expect_equal_routes(int64_t batch, std::array<int64_t, 3> size, bool dropout) {
  const Pass fast = run(false, batch, size, dropout), plain = run(true, batch, size, dropout);
  EXPECT_LT(difference(fast.logits, plain.logits), 2e-5);
  EXPECT_LT(difference(fast.input_gradient, plain.input_gradient), 1e-3);
  ASSERT_EQ(fast.gradients.size(), plain.gradients.size());
  for (size_t i = 0; i < fast.gradients.size(); ++i) {
    const auto& [name, gradient] = fast.gradients[i];
    ASSERT_EQ(gradient.defined(), plain.gradients[i].second.defined()) << name;
    // A bias before instance norm has gradient 0: what is left is rounding.
    const double largest = plain.gradients[i].second.abs().max().item<double>();
    if (largest > 1e-5) EXPECT_LT(difference(gradient, plain.gradients[i].second), 1e-3) << name;
  }
}

TEST(Routes, AgreeForABatchOfOne) { expect_equal_routes(1, {32, 48, 32}, false); }
TEST(Routes, AgreeWithDropout) { expect_equal_routes(1, {32, 32, 32}, true); }
TEST(Routes, AgreeForABatchOfTwo) { expect_equal_routes(2, {32, 32, 48}, true); }

}  // namespace
}  // namespace kdseg::models
