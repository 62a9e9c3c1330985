// The sum of softmaxes in one pass: LibTorch's own, for any number of classes, voxels and samples.
#include "tensor/softmax_sum.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <limits>

namespace kdseg::tensor {
namespace {

at::Tensor logits_for(std::vector<int64_t> shape) {
  int64_t count = 1;
  for (const int64_t side : shape) count *= side;
  return (at::sin(at::arange(count, at::kFloat) * 0.37) * 30).view(shape);
}

TEST(AddSoftmax, AddsWhatSoftmaxGives) {
  for (const std::vector<int64_t>& shape : {std::vector<int64_t>{1, 4, 8, 16, 9},
                                            {3, 2, 5, 7, 11},
                                            {2, 13, 40, 33},
                                            {1, 4, 16, 64, 1}}) {
    const at::Tensor logits = logits_for(shape), before = logits_for(shape).narrow(0, 0, 1) * 0.01;
    at::Tensor sum = before.clone();
    add_softmax(sum, logits);
    const at::Tensor expected =
        before.to(at::kDouble) + at::softmax(logits.to(at::kDouble), 1).sum(0, true);
    EXPECT_LT((sum - expected).abs().max().item<double>(), 2e-6);
  }
}

TEST(AddSoftmax, WhatIsNoNumberShows) {
  at::Tensor logits = logits_for({1, 4, 2, 3, 5});
  logits.select(1, 2).fill_(std::numeric_limits<float>::quiet_NaN());
  at::Tensor sum = at::zeros({1, 4, 2, 3, 5});
  add_softmax(sum, logits);
  EXPECT_TRUE(sum.isnan().all().item<bool>());
}

TEST(AddSoftmax, RefusesMapsOfAnotherShapeOrType) {
  at::Tensor sum = at::zeros({1, 4, 2, 3, 5});
  EXPECT_THROW(add_softmax(sum, at::zeros({1, 4, 2, 3, 6})), std::logic_error);
  EXPECT_THROW(add_softmax(sum, at::zeros({1, 4, 2, 3, 5}, at::kDouble)), std::logic_error);
}

}  // namespace
}  // namespace kdseg::tensor
