#include "voxels/sample.h"

#include <algorithm>

#include "base/errors.h"

namespace kdseg::voxels {

float sample_linear(const std::array<int64_t, 3>& size, const float* field,
                    const std::array<double, 3>& at, Outside outside, float fill) {
  std::array<int64_t, 3> low, high;
  std::array<double, 3> part;
  for (int i = 0; i < 3; ++i) {
    const double last = static_cast<double>(size[i] - 1);
    if (outside == Outside::fill && !(at[i] >= -0.5 && at[i] <= last + 0.5)) return fill;
    const double inside = std::clamp(at[i], 0.0, last);
    low[i] = std::min(static_cast<int64_t>(inside), size[i] - 1);
    high[i] = std::min(low[i] + 1, size[i] - 1);
    part[i] = inside - static_cast<double>(low[i]);
  }
  const auto line = [&](int64_t y, int64_t z) {
    const float* row = field + (z * size[1] + y) * size[0];
    return row[low[0]] + part[0] * (row[high[0]] - row[low[0]]);
  };
  const double front = line(low[1], low[2]), front_next = line(high[1], low[2]);
  const double back = line(low[1], high[2]), back_next = line(high[1], high[2]);
  const double a = front + part[1] * (front_next - front);
  const double b = back + part[1] * (back_next - back);
  return static_cast<float>(a + part[2] * (b - a));
}

Affine voxel_to_world(const Grid& grid) {
  Affine out;
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 3; ++column)
      out.matrix[3 * row + column] = grid.direction[3 * row + column] * grid.spacing_mm[column];
  out.offset = grid.origin_mm;
  return out;
}

Affine world_to_voxel(const Grid& grid) {
  const Affine forward = voxel_to_world(grid);
  const auto& m = forward.matrix;
  const auto minor = [&m](int r0, int r1, int c0, int c1) {
    return m[3 * r0 + c0] * m[3 * r1 + c1] - m[3 * r0 + c1] * m[3 * r1 + c0];
  };
  const double volume =
      m[0] * minor(1, 2, 1, 2) - m[1] * minor(1, 2, 0, 2) + m[2] * minor(1, 2, 0, 1);
  if (!(std::abs(volume) > 1e-12))
    throw DataError("grid {}: its axes do not span space; check direction and spacing",
                    describe(grid));
  Affine out;
  out.matrix = {
      minor(1, 2, 1, 2) / volume,  -minor(0, 2, 1, 2) / volume, minor(0, 1, 1, 2) / volume,
      -minor(1, 2, 0, 2) / volume, minor(0, 2, 0, 2) / volume,  -minor(0, 1, 0, 2) / volume,
      minor(1, 2, 0, 1) / volume,  -minor(0, 2, 0, 1) / volume, minor(0, 1, 0, 1) / volume};
  out.offset = {0, 0, 0};
  const std::array<double, 3> moved = out(forward.offset);
  for (int i = 0; i < 3; ++i) out.offset[i] = -moved[i];
  return out;
}

Affine voxel_to_voxel(const Grid& from, const Grid& to) {
  const Affine first = voxel_to_world(from), second = world_to_voxel(to);
  Affine out;
  for (int row = 0; row < 3; ++row)
    for (int column = 0; column < 3; ++column) {
      double sum = 0;
      for (int k = 0; k < 3; ++k) sum += second.matrix[3 * row + k] * first.matrix[3 * k + column];
      out.matrix[3 * row + column] = sum;
    }
  out.offset = second(first.offset);
  return out;
}

}  // namespace kdseg::voxels
