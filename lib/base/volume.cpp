#include "base/volume.h"

#include <fmt/format.h>

#include <cmath>

namespace kdseg {

bool same_grid(const Grid& a, const Grid& b, double tolerance) {
  const auto near = [tolerance](double x, double y) { return std::abs(x - y) <= tolerance; };
  if (a.size != b.size) return false;
  for (int i = 0; i < 3; ++i)
    if (!near(a.spacing_mm[i], b.spacing_mm[i]) || !near(a.origin_mm[i], b.origin_mm[i]))
      return false;
  for (int i = 0; i < 9; ++i)
    if (!near(a.direction[i], b.direction[i])) return false;
  return true;
}

std::string describe(const Grid& g) {
  return fmt::format("{}x{}x{} at {:g}x{:g}x{:g} mm", g.size[0], g.size[1], g.size[2],
                     g.spacing_mm[0], g.spacing_mm[1], g.spacing_mm[2]);
}

std::vector<float> Shares::outside() const {
  std::vector<float> values(image.channels.size(), 0.0f);
  if (exclusive && !values.empty()) values[0] = 1.0f;
  return values;
}

}  // namespace kdseg
