// The inner loop of every softmax over classes that is not LibTorch's.
#pragma once
#include <cstdint>

#include "tensor/vector_math.h"

namespace kdseg::tensor {

/// For n voxels, logits of class k at logits + k * stride: the highest logit, the exponentials of
/// the others' distance to it (class k at e + k * e_stride; null: not wanted), and their sum. A
/// logit that is no number makes a sum that is none. Always part of its caller, which is compiled
/// once per instruction set (see versions.h).
[[gnu::always_inline]] inline void softmax_loop(const float* __restrict logits, int64_t stride,
                                                int64_t classes, int64_t n,
                                                float* __restrict highest, float* __restrict e,
                                                int64_t e_stride, float* __restrict sum) {
  for (int64_t v = 0; v < n; ++v) highest[v] = logits[v];
  for (int64_t k = 1; k < classes; ++k) {
    const float* x = logits + k * stride;
    for (int64_t v = 0; v < n; ++v) highest[v] = x[v] > highest[v] ? x[v] : highest[v];
  }
  for (int64_t v = 0; v < n; ++v) sum[v] = 0.0f;
  for (int64_t k = 0; k < classes; ++k) {
    const float* x = logits + k * stride;
    if (e) {
      float* own = e + k * e_stride;
      for (int64_t v = 0; v < n; ++v) {
        own[v] = exp_of_negative(x[v] - highest[v]);
        sum[v] += own[v];
      }
    } else {
      for (int64_t v = 0; v < n; ++v) sum[v] += exp_of_negative(x[v] - highest[v]);
    }
  }
}

}  // namespace kdseg::tensor
