// Connected components of masks, and the holes that they enclose.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "voxels/morphology.h"

namespace kdseg::voxels {

struct Components {
  std::vector<int32_t> label;   ///< [z][y][x]: 0 outside, 1..count inside
  int32_t count = 0;            ///< numbered in the order of their first voxel
  std::vector<int64_t> voxels;  ///< voxels of each component, voxels[0] = background
};

/// Components of the non-zero voxels of `mask` ([z][y][x]; `size` is x, y, z).
/// \throws UsageError  the mask does not have size[0]*size[1]*size[2] voxels
Components connected_components(const std::array<int64_t, 3>& size, std::span<const uint8_t> mask,
                                Neighbors neighbors = Neighbors::corners);

/// The mask with its holes set to 1: unset voxels that no path across faces through unset voxels
/// joins to the border of the array (scipy.ndimage.binary_fill_holes).
/// \throws UsageError  as connected_components
std::vector<uint8_t> fill_holes(const std::array<int64_t, 3>& size, std::span<const uint8_t> mask);

}  // namespace kdseg::voxels
