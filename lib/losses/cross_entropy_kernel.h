// The inner loop of cross-entropy on float32 logits: loss and gradient in one pass over memory.
#pragma once
#include <cstdint>

namespace kdseg::losses {

/// Voxels that one call of cross_entropy_chunk takes at most.
inline constexpr int64_t cross_entropy_chunk_size = 1024;

/// For `n` voxels, logits of class k at logits + k * stride: returns the sum of
/// weights[label] * nll and, where `gradient` is not null (same layout), writes
/// scale * weights[label] * (softmax - [k = label]).
double cross_entropy_chunk(const float* logits, int64_t stride, int64_t classes,
                           const int64_t* labels, int64_t n, const float* weights, float scale,
                           float* gradient);

}  // namespace kdseg::losses
