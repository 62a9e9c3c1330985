#include "voxels/distance.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/parallel.h"
#include "voxels/shape.h"

namespace kdseg::voxels {
namespace {

constexpr double infinite = std::numeric_limits<double>::infinity();

/// Squared distance along x to the nearest feature of the row: once from each side.
void sweep_row(const uint8_t* feature, int64_t n, double spacing_mm, float* out) {
  constexpr int64_t far = std::numeric_limits<int64_t>::max() / 4;
  int64_t steps = far;
  std::vector<int64_t> left(static_cast<size_t>(n));
  for (int64_t x = 0; x < n; ++x) left[x] = steps = feature[x] ? 0 : std::min(far, steps + 1);
  steps = far;
  for (int64_t x = n - 1; x >= 0; --x) {
    steps = feature[x] ? 0 : std::min(far, steps + 1);
    const int64_t least = std::min(steps, left[x]);
    const double mm = static_cast<double>(least) * spacing_mm;
    out[x] = least >= far ? std::numeric_limits<float>::infinity() : static_cast<float>(mm * mm);
  }
}

/// Lower envelope of the parabolas height[q] + step2 (i - q)^2, evaluated at every i in place.
class Envelope {
 public:
  explicit Envelope(int64_t n) : apex_(n), from_(n + 1), height_(n) {}

  void lower(float* values, int64_t n, double step2) {
    int64_t last = -1;
    for (int64_t q = 0; q < n; ++q) {
      height_[q] = values[q];
      if (height_[q] == infinite) continue;
      double start = -infinite;
      while (last >= 0) {
        start = crossing(apex_[last], q, step2);
        if (start > from_[last]) break;
        --last;
      }
      if (last < 0) start = -infinite;
      apex_[++last] = q;
      from_[last] = start;
    }
    if (last < 0) return;
    from_[last + 1] = infinite;
    int64_t k = 0;
    for (int64_t i = 0; i < n; ++i) {
      while (from_[k + 1] < static_cast<double>(i)) ++k;
      const double steps = static_cast<double>(i - apex_[k]);
      values[i] = static_cast<float>(height_[apex_[k]] + step2 * steps * steps);
    }
  }

 private:
  double crossing(int64_t p, int64_t q, double step2) const {
    const double a = static_cast<double>(p), b = static_cast<double>(q);
    return 0.5 * (a + b) + (height_[q] - height_[p]) / (2 * step2 * (b - a));
  }
  std::vector<int64_t> apex_;
  std::vector<double> from_, height_;
};

/// Envelopes along y (axis 1) or z (axis 2), for `block` neighboring x at a time so that each line
/// of memory is fetched once.
void along(const std::array<int64_t, 3>& size, int axis, double step2, int threads, float* field) {
  constexpr int64_t block = 16;
  const int64_t n = size[axis], nx = size[0];
  if (n < 2) return;
  const int64_t step = axis == 1 ? nx : nx * size[1];
  const int64_t lane = axis == 1 ? nx * size[1] : nx;
  parallel_for(axis == 1 ? size[2] : size[1], threads, [&](int64_t l) {
    Envelope envelope(n);
    std::vector<float> columns(static_cast<size_t>(block * n));
    for (int64_t x0 = 0; x0 < nx; x0 += block) {
      const int64_t count = std::min(block, nx - x0);
      float* corner = field + l * lane + x0;
      for (int64_t i = 0; i < n; ++i)
        for (int64_t b = 0; b < count; ++b) columns[b * n + i] = corner[i * step + b];
      for (int64_t b = 0; b < count; ++b) envelope.lower(columns.data() + b * n, n, step2);
      for (int64_t i = 0; i < n; ++i)
        for (int64_t b = 0; b < count; ++b) corner[i * step + b] = columns[b * n + i];
    }
  });
}

}  // namespace

std::vector<float> squared_distance(const std::array<int64_t, 3>& size,
                                    std::span<const uint8_t> feature,
                                    const std::array<double, 3>& spacing_mm, int threads) {
  require_shape("squared_distance", size, feature.size());
  for (const double mm : spacing_mm)
    if (!(mm > 0) || !std::isfinite(mm))
      throw UsageError("squared_distance: spacing {} mm; it must be positive", mm);
  std::vector<float> field(feature.size());
  parallel_for(size[2], threads, [&](int64_t z) {
    for (int64_t y = 0; y < size[1]; ++y) {
      const int64_t row = (z * size[1] + y) * size[0];
      sweep_row(feature.data() + row, size[0], spacing_mm[0], field.data() + row);
    }
  });
  along(size, 1, spacing_mm[1] * spacing_mm[1], threads, field.data());
  along(size, 2, spacing_mm[2] * spacing_mm[2], threads, field.data());
  return field;
}

}  // namespace kdseg::voxels
