// Trilinear doubling on both grids, and its gradients.
#include "models/functions/linear.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace kdseg::models {
namespace {

/// A row of values along one axis, doubled; the other axes have two equal voxels.
std::vector<double> doubled(std::initializer_list<double> row, int64_t axis, LinearGrid grid,
                            at::ScalarType type) {
  std::vector<int64_t> shape(5, 1), repeats{1, 1, 2, 2, 2};
  const auto n = static_cast<int64_t>(row.size());
  shape[static_cast<size_t>(axis)] = n;
  repeats[static_cast<size_t>(axis)] = 1;
  const at::Tensor x = at::tensor(row, at::kDouble).to(type).view(shape).repeat(repeats);
  at::Tensor y = upsample_linear_2(x, grid);
  EXPECT_EQ(y.size(axis), 2 * n);
  for (int64_t other = 2; other < 5; ++other)
    if (other != axis) {
      EXPECT_EQ(y.size(other), 4);
      EXPECT_EQ((y - y.narrow(other, 0, 1)).abs().max().item<double>(), 0);
      y = y.narrow(other, 3, 1);
    }
  y = y.to(at::kDouble).contiguous();
  return {y.const_data_ptr<double>(), y.const_data_ptr<double>() + y.numel()};
}

TEST(Upsampling, ValuesAlongEveryAxis) {
  using Row = std::vector<double>;
  for (const int64_t axis : {2, 3, 4})
    for (const auto type : {at::kFloat, at::kDouble}) {
      EXPECT_EQ(doubled({0, 2}, axis, LinearGrid::tf_legacy, type), (Row{0, 1, 2, 2}));
      EXPECT_EQ(doubled({0, 2, 4}, axis, LinearGrid::tf_legacy, type), (Row{0, 1, 2, 3, 4, 4}));
      EXPECT_EQ(doubled({3}, axis, LinearGrid::tf_legacy, type), (Row{3, 3}));
      EXPECT_EQ(doubled({0, 2}, axis, LinearGrid::half_pixel, type), (Row{0, .5, 1.5, 2}));
    }
}

TEST(Upsampling, TheFastWayAgreesWithThePlainOne) {
  const at::Tensor x = at::sin(at::arange(2 * 3 * 4 * 5 * 7, at::kFloat).mul(0.7f));
  const at::Tensor fast = x.view({2, 3, 4, 5, 7}).clone().requires_grad_(true);
  const at::Tensor plain = x.view({2, 3, 4, 5, 7}).to(at::kDouble).requires_grad_(true);
  const at::Tensor a = upsample_linear_2(fast, LinearGrid::tf_legacy);
  const at::Tensor b = upsample_linear_2(plain, LinearGrid::tf_legacy);
  EXPECT_LT((a - b).abs().max().item<double>(), 1e-6);
  const at::Tensor weight = at::sin(at::arange(a.numel(), at::kDouble).mul(0.3)).view(a.sizes());
  (a * weight.to(at::kFloat)).sum().backward();
  (b * weight).sum().backward();
  EXPECT_LT((fast.grad() - plain.grad()).abs().max().item<double>(), 1e-5);
}

}  // namespace
}  // namespace kdseg::models
