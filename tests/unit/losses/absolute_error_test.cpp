// The error of made channels: counted by hand, nothing outside, a gradient of signs.
#include "losses/absolute_error.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"
#include "unit/folder.h"

namespace kdseg::losses {
namespace {

at::Tensor voxels(std::initializer_list<double> values) {
  return at::tensor(values, at::kDouble).view({1, 1, 2, 2, 2});
}

TEST(AbsoluteError, IsTheMeanOverVoxelsThatAreNotZero) {
  const at::Tensor image = voxels({0, 1, 5, -2, 0, 0, 0, 0});
  EXPECT_NEAR(absolute_error(voxels({9, 2, 3, 4, 9, 9, 9, 9}), image).item<double>(),
              (1 + 2 + 6) / 3.0, 1e-12);
  EXPECT_EQ(absolute_error(image, image).item<double>(), 0);
}

TEST(AbsoluteError, PullsEveryVoxelInsideWithTheSameForce) {
  at::Tensor made = voxels({9, 2, 3, 4, 9, 9, 9, 9}).requires_grad_();
  absolute_error(made, voxels({0, 1, 5, -2, 0, 0, 0, 0})).backward();
  const at::Tensor expected = voxels({0, 1, -1, 1, 0, 0, 0, 0}) / 3;
  EXPECT_LT((made.grad() - expected).abs().max().item<double>(), 1e-12);
}

TEST(AbsoluteError, IsZeroWhereThereIsNothingToMake) {
  EXPECT_EQ(
      absolute_error(voxels({1, 2, 3, 4, 5, 6, 7, 8}), at::zeros({1, 1, 2, 2, 2}, at::kDouble))
          .item<double>(),
      0);
}

TEST(AbsoluteError, ShapesThatDifferAreNamed) {
  EXPECT_EQ(test::message_of<DataError>([] {
              absolute_error(at::zeros({1, 2, 4}), at::zeros({1, 1, 4}));
            }),
            "absolute-error: the network gives [1, 2, 4], the channels are [1, 1, 4]; expected "
            "equal shapes");
}

}  // namespace
}  // namespace kdseg::losses
