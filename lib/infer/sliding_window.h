// Lays a computation over a volume: whole, in overlapping windows, or slice by slice.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

#include "base/contract.h"
#include "infer/tiling.h"

namespace kdseg::infer {

/// What is computed of a part of a volume: [N, C, spatial...] gives [N, any channels, spatial...].
struct Pass {
  std::function<at::Tensor(const at::Tensor& image)> compute;
  int64_t multiple = 1, minimum = 1;  ///< of the sides it takes
  int64_t slices_at_once = 16;        ///< batch under slices
  bool minimum_outside = false;       ///< padding is each channel's minimum, not 0
};

/// The pass over an image [N, C, D, H, W] of any size:
/// - whole: once; a volume that is no multiple of what the pass takes is padded, and the result cut
///   back;
/// - window: overlapping windows, results averaged by weight (see WindowWeights);
/// - slices: every z slice as [N, C, H, W], stacked back to a volume; each is padded as a volume
///   is, or, where the tiling has a size, covered by windows of this many voxels (x, y).
/// \throws UsageError  as check_tiling()
at::Tensor sliding_window(const Pass& pass, const Tiling& tiling, const at::Tensor& image,
                          WindowWeights weights);

/// \throws UsageError  a window without a size, or slices of a size that the network does not take
void check_tiling(const Tiling& tiling, int64_t multiple, int64_t minimum);

}  // namespace kdseg::infer
