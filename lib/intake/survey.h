// What a scan's intensities are like, found in one pass over its voxels.
#pragma once
#include <cstdint>
#include <span>

#include "base/volume.h"

namespace kdseg::intake {

struct Survey {
  float low = 0, high = 0;
  int64_t negative = 0, set = 0;  ///< voxels below 0, and voxels other than 0
  Box content;                    ///< the smallest box that holds all voxels other than 0
};

/// Of an array [z][y][x] of size x, y, z without NaN, at least one voxel.
Survey survey(const std::array<int64_t, 3>& size, std::span<const float> voxels);

/// Whether the scan has values below 0 and less than half of its border is 0: a CT in HU, where 0
/// is water and nothing marks the background.
bool negative_background(const std::array<int64_t, 3>& size, std::span<const float> voxels,
                         const Survey& found);

/// The value that 99.5 % of the voxels other than 0 do not exceed, where it is positive and the
/// greatest voxel lies above `factor` (a power of two) times it; else 0.
float exceeded_upper_value(std::span<const float> voxels, const Survey& found, float factor);

}  // namespace kdseg::intake
