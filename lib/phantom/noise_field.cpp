#include "phantom/noise_field.h"

#include <cmath>

namespace kdseg::phantom {
namespace {

/// Per index of one axis: the first of four lattice knots and their weights (squares sum to 1).
struct Taps {
  std::vector<int64_t> first;
  std::vector<std::array<float, 4>> weight;
  int64_t low = 0, count = 0;  ///< lattice knots in use
};

Taps taps_along(const Frame& frame, int axis, double knot_mm, double phase) {
  Taps taps;
  const int64_t n = frame.size[axis];
  for (int64_t i = 0; i < n; ++i) {
    const double place = frame.at(axis, i) / knot_mm + phase;
    const double cell = std::floor(place), t = place - cell, u = 1 - t;
    std::array<double, 4> w{u * u * u / 6, (3 * t * t * t - 6 * t * t + 4) / 6,
                            (3 * u * u * u - 6 * u * u + 4) / 6, t * t * t / 6};
    const double norm = 1 / std::sqrt(w[0] * w[0] + w[1] * w[1] + w[2] * w[2] + w[3] * w[3]);
    taps.first.push_back(static_cast<int64_t>(cell) - 1);
    taps.weight.push_back({static_cast<float>(w[0] * norm), static_cast<float>(w[1] * norm),
                           static_cast<float>(w[2] * norm), static_cast<float>(w[3] * norm)});
  }
  taps.low = taps.first.front();
  taps.count = taps.first.back() + 4 - taps.low;
  for (int64_t& f : taps.first) f -= taps.low;
  return taps;
}

/// Lattice knots are numbered by their place, so that every grid sees the same numbers.
uint64_t number_of(int64_t x, int64_t y, int64_t z) {
  const auto coordinate = [](int64_t k) { return static_cast<uint64_t>(k + (1 << 19)) & 0xFFFFF; };
  return coordinate(z) << 40 | coordinate(y) << 20 | coordinate(x);
}

}  // namespace

std::vector<float> smooth_noise(const Frame& frame, Random stream, double sigma_mm) {
  const double knot_mm = sigma_mm * std::sqrt(3.0);
  const auto& size = frame.size;
  std::array<Taps, 3> taps;
  for (int axis = 0; axis < 3; ++axis)
    taps[axis] = taps_along(frame, axis, knot_mm, stream.uniform());

  const auto &tx = taps[0], &ty = taps[1], &tz = taps[2];
  std::vector<float> knots(static_cast<size_t>(tx.count)), plane;
  std::vector<float> slabs(static_cast<size_t>(tz.count * size[1] * size[0]));
  for (int64_t kz = 0; kz < tz.count; ++kz) {
    plane.assign(static_cast<size_t>(ty.count * size[0]), 0.0f);
    for (int64_t ky = 0; ky < ty.count; ++ky) {
      for (int64_t kx = 0; kx < tx.count; ++kx)
        knots[kx] =
            static_cast<float>(stream.normal_at(number_of(kx + tx.low, ky + ty.low, kz + tz.low)));
      float* row = plane.data() + ky * size[0];
      for (int64_t x = 0; x < size[0]; ++x) {
        const float* k = knots.data() + tx.first[x];
        const auto& w = tx.weight[x];
        row[x] = w[0] * k[0] + w[1] * k[1] + w[2] * k[2] + w[3] * k[3];
      }
    }
    for (int64_t y = 0; y < size[1]; ++y) {
      const float* k = plane.data() + ty.first[y] * size[0];
      const auto& w = ty.weight[y];
      float* row = slabs.data() + (kz * size[1] + y) * size[0];
      for (int64_t x = 0; x < size[0]; ++x)
        row[x] = w[0] * k[x] + w[1] * k[x + size[0]] + w[2] * k[x + 2 * size[0]] +
                 w[3] * k[x + 3 * size[0]];
    }
  }
  const int64_t slice = size[0] * size[1];
  std::vector<float> field(static_cast<size_t>(frame.count()));
  for (int64_t z = 0; z < size[2]; ++z) {
    const float* k = slabs.data() + tz.first[z] * slice;
    const auto& w = tz.weight[z];
    float* out = field.data() + z * slice;
    for (int64_t i = 0; i < slice; ++i)
      out[i] =
          w[0] * k[i] + w[1] * k[i + slice] + w[2] * k[i + 2 * slice] + w[3] * k[i + 3 * slice];
  }
  return field;
}

}  // namespace kdseg::phantom
