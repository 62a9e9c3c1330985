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

void check(const std::array<int64_t, 3>& size, std::span<const uint8_t> feature,
           const std::array<double, 3>& spacing_mm) {
  require_shape("squared_distance", size, feature.size());
  for (const double mm : spacing_mm)
    if (!(mm > 0) || !std::isfinite(mm))
      throw UsageError("squared_distance: spacing {} mm; it must be positive", mm);
}

/// Squared distances along x alone.
std::vector<float> along_rows(const std::array<int64_t, 3>& size, std::span<const uint8_t> feature,
                              double spacing_mm, int threads) {
  std::vector<float> field(feature.size());
  parallel_for(size[2], threads, [&](int64_t z) {
    for (int64_t y = 0; y < size[1]; ++y) {
      const int64_t row = (z * size[1] + y) * size[0];
      sweep_row(feature.data() + row, size[0], spacing_mm, field.data() + row);
    }
  });
  return field;
}

void along_columns(const std::array<int64_t, 3>& size, const std::array<double, 3>& spacing_mm,
                   int threads, float* field) {
  along(size, 1, spacing_mm[1] * spacing_mm[1], threads, field);
  along(size, 2, spacing_mm[2] * spacing_mm[2], threads, field);
}

/// The nearest feature of a voxel, sought outwards along y and z over squared distances along x,
/// until nothing nearer can come.
class Search {
 public:
  Search(const std::array<int64_t, 3>& size, const std::array<double, 3>& spacing_mm,
         const std::vector<float>& rows)
      : nx_(size[0]),
        ny_(size[1]),
        nz_(size[2]),
        y2_(spacing_mm[1] * spacing_mm[1]),
        z2_(spacing_mm[2] * spacing_mm[2]),
        rows_(rows) {}

  float nearest(int64_t x, int64_t y, int64_t z) {
    float best = std::numeric_limits<float>::infinity();
    for (int64_t d = 0; d < nz_; ++d) {
      const double off = z2_ * static_cast<double>(d * d);
      if (off >= best) break;
      if (z - d >= 0) in_slice(x, y, z - d, off, best);
      if (d > 0 && z + d < nz_) in_slice(x, y, z + d, off, best);
    }
    return best;
  }
  int64_t looked_at() const { return looked_at_; }

 private:
  void in_slice(int64_t x, int64_t y, int64_t z, double off, float& best) {
    const float* column = rows_.data() + z * ny_ * nx_ + x;
    for (int64_t e = 0; e < ny_; ++e) {
      const double aside = y2_ * static_cast<double>(e * e);
      if (off + aside >= best) break;
      // Rounded after y and after z, as the transform of all voxels rounds.
      const auto take = [&](int64_t at) {
        const auto in_plane = static_cast<float>(column[at * nx_] + aside);
        best = std::min(best, static_cast<float>(in_plane + off));
        ++looked_at_;
      };
      if (y - e >= 0) take(y - e);
      if (e > 0 && y + e < ny_) take(y + e);
    }
  }

  int64_t nx_, ny_, nz_, looked_at_ = 0;
  double y2_, z2_;
  const std::vector<float>& rows_;
};

}  // namespace

std::vector<float> squared_distance(const std::array<int64_t, 3>& size,
                                    std::span<const uint8_t> feature,
                                    const std::array<double, 3>& spacing_mm, int threads) {
  check(size, feature, spacing_mm);
  auto field = along_rows(size, feature, spacing_mm[0], threads);
  along_columns(size, spacing_mm, threads, field.data());
  return field;
}

std::vector<float> squared_distance_at(const std::array<int64_t, 3>& size,
                                       std::span<const uint8_t> feature,
                                       std::span<const uint8_t> at,
                                       const std::array<double, 3>& spacing_mm) {
  check(size, feature, spacing_mm);
  require_shape("squared_distance_at", size, at.size());
  // About what the transform of all voxels costs: beyond it, far apart masks are the rule.
  constexpr int64_t worth = 8;
  auto field = along_rows(size, feature, spacing_mm[0], 1);
  std::vector<float> found;
  Search search(size, spacing_mm, field);
  const auto limit = worth * static_cast<int64_t>(at.size());
  size_t i = 0;
  for (int64_t z = 0; z < size[2]; ++z)
    for (int64_t y = 0; y < size[1]; ++y)
      for (int64_t x = 0; x < size[0]; ++x, ++i) {
        if (at[i] == 0) continue;
        if (search.looked_at() <= limit) found.push_back(search.nearest(x, y, z));
      }
  if (search.looked_at() <= limit) return found;
  found.clear();
  along_columns(size, spacing_mm, 1, field.data());
  for (i = 0; i < at.size(); ++i)
    if (at[i] != 0) found.push_back(field[i]);
  return found;
}

}  // namespace kdseg::voxels
