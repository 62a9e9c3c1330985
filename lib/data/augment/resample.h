// Pull resampling of whole cases or parts of them: what augmentation does to voxels.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "base/volume.h"

namespace kdseg::data {

/// Row-major 3x3 over the array axes z, y, x.
using Matrix = std::array<double, 9>;

inline constexpr Matrix identity{1, 0, 0, 0, 1, 0, 0, 0, 1};
Matrix multiply(const Matrix& a, const Matrix& b);

/// One pull: output voxel o reads the input at matrix * (o - center) + center, where center is the
/// middle of the input, (n - 1) / 2 per axis, in voxels, or of the part. `part` is the box of
/// output voxels that is computed; it may reach beyond the input. Outside of the input everything
/// is 0, or what `outside` says.
struct Pull {
  Matrix matrix = identity;
  Box part;
  std::vector<float> outside;  ///< one value per channel of an image; empty: 0
  bool about_part = false;     ///< the center is the middle of the part
  /// Added to every position: voxels along z, y, x, [3][z][y][x] of the part; empty: none.
  std::vector<float> displacement{};
};

/// The part that covers an input of this size (x, y, z).
Box whole(const std::array<int64_t, 3>& size);

/// Trilinear. `in` is [channels][z][y][x] of `size` (x, y, z), `out` [channels] of the part's size.
void pull_linear(const float* in, int64_t channels, const std::array<int64_t, 3>& size,
                 const Pull& pull, float* out);

/// Nearest neighbor (halves go to the even index), for labels and masks.
void pull_nearest(const uint8_t* in, const std::array<int64_t, 3>& size, const Pull& pull,
                  uint8_t* out);

}  // namespace kdseg::data
