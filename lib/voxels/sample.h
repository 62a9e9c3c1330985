// Values between voxels.
#pragma once
#include <array>
#include <cmath>
#include <cstdint>

#include "base/volume.h"

namespace kdseg::voxels {

/// What lies beyond the array when sampling.
enum class Outside {
  fill,     ///< `fill`; within half a voxel of the border the edge voxel is repeated
  nearest,  ///< the edge voxel, however far out
};

/// Trilinear value of `field` ([z][y][x]) at a position in voxels (0 = center of the first voxel).
float sample_linear(const std::array<int64_t, 3>& size, const float* field,
                    const std::array<double, 3>& at, Outside outside = Outside::nearest,
                    float fill = 0.0f);

/// The voxel nearest to a position (halves go up), or `fill` beyond the array.
template <class T>
T sample_nearest(const std::array<int64_t, 3>& size, const T* field,
                 const std::array<double, 3>& at, T fill = T{}) {
  std::array<int64_t, 3> v;
  for (int i = 0; i < 3; ++i) {
    const double nearest = std::floor(at[i] + 0.5);
    if (!(nearest >= 0 && nearest < static_cast<double>(size[i]))) return fill;
    v[i] = static_cast<int64_t>(nearest);
  }
  return field[(v[2] * size[1] + v[1]) * size[0] + v[0]];
}

/// Affine map between positions: out = matrix * in + offset (matrix row-major 3x3).
struct Affine {
  std::array<double, 9> matrix{1, 0, 0, 0, 1, 0, 0, 0, 1};
  std::array<double, 3> offset{0, 0, 0};
  std::array<double, 3> operator()(const std::array<double, 3>& p) const {
    std::array<double, 3> q;
    for (int i = 0; i < 3; ++i)
      q[i] = matrix[3 * i] * p[0] + matrix[3 * i + 1] * p[1] + matrix[3 * i + 2] * p[2] + offset[i];
    return q;
  }
};

Affine voxel_to_world(const Grid& grid);  ///< voxel index -> LPS mm
/// \throws DataError  the direction matrix is singular
Affine world_to_voxel(const Grid& grid);
Affine voxel_to_voxel(const Grid& from, const Grid& to);  ///< index in `from` -> index in `to`

}  // namespace kdseg::voxels
