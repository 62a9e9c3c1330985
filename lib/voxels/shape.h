// The check that every voxel operation makes: does the array hold as many voxels as its size says?
#pragma once
#include <array>
#include <cstdint>

#include "base/errors.h"

namespace kdseg::voxels {

inline int64_t voxel_count(const std::array<int64_t, 3>& size) {
  return size[0] * size[1] * size[2];
}

/// \throws UsageError  naming `operation`
inline void require_shape(const char* operation, const std::array<int64_t, 3>& size,
                          size_t values) {
  if (size[0] < 0 || size[1] < 0 || size[2] < 0 || static_cast<size_t>(voxel_count(size)) != values)
    throw UsageError("{}: size {}x{}x{} does not fit an array of {} voxels", operation, size[0],
                     size[1], size[2], values);
}

}  // namespace kdseg::voxels
