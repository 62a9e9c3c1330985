// The space a body is built in: mm from the center of the grid, x to the left, y to the back, z up.
#pragma once
#include <array>
#include <cstdint>

namespace kdseg::phantom {

using Point = std::array<double, 3>;

/// A grid seen from the body. Where the field of view is too small, `voxel_mm` is larger than the
/// voxels' nominal spacing: the body and everything in it shrinks to fit.
struct Frame {
  std::array<int64_t, 3> size{0, 0, 0};
  double voxel_mm = 1;   ///< along x
  Point ratio{1, 1, 1};  ///< of the spacings along x, y, z to that along x

  int64_t count() const { return size[0] * size[1] * size[2]; }
  double spacing(int axis) const { return voxel_mm * ratio[axis]; }
  double at(int axis, int64_t index) const {
    return (static_cast<double>(index) - 0.5 * static_cast<double>(size[axis] - 1)) * spacing(axis);
  }
  Point point(int64_t voxel) const {
    const int64_t x = voxel % size[0], rest = voxel / size[0];
    return {at(0, x), at(1, rest % size[1]), at(2, rest / size[1])};
  }
};

}  // namespace kdseg::phantom
