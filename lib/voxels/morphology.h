// Dilation and erosion of masks with the 3x3x3 neighborhoods.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace kdseg::voxels {

/// Voxels that count as touching: across faces (6), faces and edges (18), or also corners (26).
enum class Neighbors { faces = 6, edges = 18, corners = 26 };

/// 1 where the mask (non-zero = inside) or one of its neighbors is set, repeated `iterations`
/// times. `size` is x, y, z; `mask` is [z][y][x]. Beyond the array nothing is set. One voxel grows
/// with `edges` to 19, 93, 263 voxels in 1, 2, 3 iterations.
/// \throws UsageError  the mask does not have size[0]*size[1]*size[2] voxels
std::vector<uint8_t> dilate(const std::array<int64_t, 3>& size, std::span<const uint8_t> mask,
                            Neighbors neighbors, int iterations = 1);

/// 1 where the voxel and all its neighbors are set, repeated. Beyond the array counts as unset, so
/// a mask that fills the array loses its outer layer.
std::vector<uint8_t> erode(const std::array<int64_t, 3>& size, std::span<const uint8_t> mask,
                           Neighbors neighbors, int iterations = 1);

}  // namespace kdseg::voxels
