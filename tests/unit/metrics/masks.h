// Small masks for tests: boxes, balls and single voxels on a grid, x fastest.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

namespace kdseg::metrics {

struct Mask {
  std::array<int64_t, 3> size;
  std::vector<uint8_t> voxels;

  explicit Mask(std::array<int64_t, 3> n)
      : size(n), voxels(static_cast<size_t>(n[0] * n[1] * n[2])) {}

  Mask& set(int64_t x, int64_t y, int64_t z, uint8_t value = 1) {
    voxels[static_cast<size_t>((z * size[1] + y) * size[0] + x)] = value;
    return *this;
  }
  /// Voxels low .. high, both included.
  Mask& box(std::array<int64_t, 3> low, std::array<int64_t, 3> high) {
    for (int64_t z = low[2]; z <= high[2]; ++z)
      for (int64_t y = low[1]; y <= high[1]; ++y)
        for (int64_t x = low[0]; x <= high[0]; ++x) set(x, y, z);
    return *this;
  }
  Mask& ball(std::array<int64_t, 3> center, int64_t radius) {
    for (int64_t z = 0; z < size[2]; ++z)
      for (int64_t y = 0; y < size[1]; ++y)
        for (int64_t x = 0; x < size[0]; ++x) {
          const int64_t a = x - center[0], b = y - center[1], c = z - center[2];
          if (a * a + b * b + c * c <= radius * radius) set(x, y, z);
        }
    return *this;
  }
};

}  // namespace kdseg::metrics
