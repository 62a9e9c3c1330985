// Gradients by central differences, to compare with backward passes.
#pragma once
#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros_like.h>
#include <gtest/gtest.h>

#include <functional>

namespace kdseg::losses {

/// Expects the backward pass of `loss` at the float64 point x to agree with central differences.
inline void expect_gradient(const at::Tensor& x,
                            const std::function<at::Tensor(const at::Tensor&)>& loss) {
  const at::Tensor leaf = x.detach().clone().requires_grad_(true);
  loss(leaf).backward();
  const double h = 1e-5;
  for (int64_t i = 0; i < x.numel(); ++i) {
    const auto shifted = [&](double by) {
      at::Tensor moved = x.detach().clone();
      moved.view(-1)[i].add_(by);
      return loss(moved).item<double>();
    };
    EXPECT_NEAR(leaf.grad().view(-1)[i].item<double>(), (shifted(h) - shifted(-h)) / (2 * h), 1e-8)
        << "element " << i;
  }
}

}  // namespace kdseg::losses
