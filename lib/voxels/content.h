// Where the voxels of masks lie, and the parts of arrays that hold them.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "base/volume.h"

namespace kdseg::voxels {

/// Smallest box that holds every voxel of a [z][y][x] array that is not 0; size 0 when there is
/// none. `size` is x, y, z. \throws UsageError  the array has another number of voxels
Box bounding_box(const std::array<int64_t, 3>& size, std::span<const uint8_t> mask);

/// The smallest box that holds both; a box of size 0 holds nothing.
Box around(const Box& a, const Box& b);

/// The part of an array that lies in a box within it.
std::vector<uint8_t> cut(const std::array<int64_t, 3>& size, std::span<const uint8_t> mask,
                         const Box& box);

}  // namespace kdseg::voxels
