#include "prepare/square_crop.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "voxels/chain.h"

namespace kdseg::prepare {

Grid regridded(const Grid& grid, const std::array<int64_t, 3>& size) {
  Grid out = grid;
  out.size = size;
  for (int a = 0; a < 3; ++a) {
    const double step = static_cast<double>(grid.size[a]) / static_cast<double>(size[a]);
    out.spacing_mm[a] = grid.spacing_mm[a] * step;
    for (int r = 0; r < 3; ++r)
      out.origin_mm[r] += grid.direction[r * 3 + a] * grid.spacing_mm[a] * (step - 1) / 2;
  }
  return out;
}

Grid respaced(const Grid& grid, const std::array<double, 3>& spacing_mm) {
  std::array<int64_t, 3> size;
  for (int a = 0; a < 3; ++a)
    size[a] = std::max<int64_t>(
        1, std::llround(static_cast<double>(grid.size[a]) * grid.spacing_mm[a] / spacing_mm[a]));
  return regridded(grid, size);
}

Box square_box(const Labels& label, double factor, int64_t slices) {
  const Box tight = voxels::bounding_box(label);
  if (tight.size[0] == 0) return tight;
  const auto side = static_cast<int64_t>(
      std::llround(factor * static_cast<double>(std::max(tight.size[0], tight.size[1]))));
  Box box;
  for (int a = 0; a < 2; ++a) {
    // Twice the middle, so that halves stay whole: floor, not truncation, also below 0.
    const int64_t twice = 2 * tight.begin[a] + tight.size[a] - side;
    box.begin[a] = twice >= 0 ? twice / 2 : -((1 - twice) / 2);
    box.size[a] = side;
  }
  box.begin[2] = std::max<int64_t>(0, tight.begin[2] - slices);
  box.size[2] =
      std::min(label.grid.size[2], tight.begin[2] + tight.size[2] + slices) - box.begin[2];
  return box;
}

Box middle_box(const Grid& grid, int64_t side, int64_t height) {
  Box box{{0, 0, 0}, {side, side, std::min(height, grid.size[2])}};
  for (int a = 0; a < 3; ++a) {
    const int64_t rest = grid.size[a] - box.size[a];
    box.begin[a] = rest >= 0 ? rest / 2 : -((1 - rest) / 2);
  }
  return box;
}

void fill_with_least(Image& image, const Box& inside) {
  const auto& n = image.grid.size;
  const auto within = [&](int axis, int64_t i) {
    return i >= inside.begin[axis] && i < inside.begin[axis] + inside.size[axis];
  };
  for (size_t c = 0; c < image.channels.size(); ++c) {
    float* const channel = image.channel(c);
    float least = channel[(inside.begin[2] * n[1] + inside.begin[1]) * n[0] + inside.begin[0]];
    for (const bool fills : {false, true})
      for (int64_t z = 0; z < n[2]; ++z)
        for (int64_t y = 0; y < n[1]; ++y) {
          float* const row = channel + (z * n[1] + y) * n[0];
          const bool covered = within(2, z) && within(1, y);
          for (int64_t x = 0; x < n[0]; ++x)
            if (covered && within(0, x))
              least = std::min(least, row[x]);
            else if (fills)
              row[x] = least;
        }
  }
}

double percentile(std::span<const float> values, double percent) {
  std::vector<float> copy(values.begin(), values.end());
  const double rank = percent / 100 * static_cast<double>(copy.size() - 1);
  const auto below = static_cast<size_t>(rank);
  const auto place = copy.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(copy.begin(), place, copy.end());
  const double low = *place;
  const double high = place + 1 == copy.end() ? low : *std::min_element(place + 1, copy.end());
  return low + (rank - static_cast<double>(below)) * (high - low);
}

void map_to_unit_range(std::span<float> values, double low, double high) {
  for (float& v : values)
    v = static_cast<float>(std::clamp(2 * (v - low) / (high - low) - 1, -1.0, 1.0));
}

}  // namespace kdseg::prepare
