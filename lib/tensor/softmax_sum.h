// Sums of probabilities without the probabilities.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace kdseg::tensor {

/// Adds the softmax over the classes of every sample of `logits` [S, K, ...] to `sum` [1, K, ...],
/// one sample after the other, in one pass over memory. float32 on the CPU.
/// \throws std::logic_error  another type, device or shape
void add_softmax(at::Tensor& sum, const at::Tensor& logits);

/// Voxels that add_softmax_piece() takes at most: their values stay in the first cache.
inline constexpr int64_t softmax_piece = 256;

/// The same of n voxels. Classes are `logit_stride` and `sum_stride` apart; `kept` is room for
/// classes * softmax_piece values.
void add_softmax_piece(const float* logits, int64_t logit_stride, int64_t classes, int64_t n,
                       float* kept, float* sum, int64_t sum_stride);

}  // namespace kdseg::tensor
