// Smoothing of scalar fields: Gaussian and box filters, separable.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace kdseg::voxels {

/// What a filter sees beyond the array.
enum class Border {
  reflect,  ///< mirrored about the outer voxel faces: ... b a | a b c ...
  zero,     ///< zeros
};

/// Gaussian filter. `size` and `sigma_voxels` are x, y, z; `in` is [z][y][x]. The kernel is sampled
/// at voxel centers, cut at 4 sigma and normalized to sum 1; a sigma of 0 leaves its axis alone.
/// A field given in mm: divide sigma by the spacing. The result does not depend on `threads`.
/// \throws UsageError  `in` does not have size[0]*size[1]*size[2] values, or a sigma is negative
std::vector<float> gaussian_smooth(const std::array<int64_t, 3>& size, std::span<const float> in,
                                   const std::array<double, 3>& sigma_voxels, int threads = 1,
                                   Border border = Border::reflect);

/// Mean over `width_voxels` (> 0, may be fractional: the outermost voxels count in part) along axis
/// 0, 1 or 2 (x, y, z), centered on the voxel. A width of 1 or less returns the input.
/// \throws UsageError  axis, width or number of values out of range
std::vector<float> box_blur(const std::array<int64_t, 3>& size, std::span<const float> in, int axis,
                            double width_voxels, int threads = 1, Border border = Border::reflect);

}  // namespace kdseg::voxels
