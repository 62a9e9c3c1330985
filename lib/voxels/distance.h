// Exact Euclidean distance transform with anisotropic spacing.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace kdseg::voxels {

/// Squared distance in mm^2 from each voxel center to the nearest center of a non-zero voxel of
/// `feature` ([z][y][x]; `size` and `spacing_mm` are x, y, z); 0 on features, +infinity everywhere
/// when there is none. With unit spacing the values are exact integers up to 2^24. The result does
/// not depend on `threads`.
/// \throws UsageError  wrong number of voxels, or a spacing that is not positive
///
/// Source: sweeps along x, then lower envelopes of parabolas along y and z (Felzenszwalb &
/// Huttenlocher 2012, "Distance transforms of sampled functions", Theory of Computing 8).
std::vector<float> squared_distance(const std::array<int64_t, 3>& size,
                                    std::span<const uint8_t> feature,
                                    const std::array<double, 3>& spacing_mm, int threads = 1);

/// The same distances at the non-zero voxels of `at` alone, in the order of the array. Surfaces
/// that lie close, as those of a segmentation and its reference, cost a fraction of the transform.
std::vector<float> squared_distance_at(const std::array<int64_t, 3>& size,
                                       std::span<const uint8_t> feature,
                                       std::span<const uint8_t> at,
                                       const std::array<double, 3>& spacing_mm);

}  // namespace kdseg::voxels
