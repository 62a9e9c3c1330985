#include "data/augment/resample.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace kdseg::data {
namespace {

using Triple = std::array<int64_t, 3>;  // z, y, x

Triple reversed(const std::array<int64_t, 3>& xyz) { return {xyz[2], xyz[1], xyz[0]}; }

/// The positions that one row of output voxels reads: start + x * step on each axis.
struct Line {
  std::array<double, 3> start, step;
  double at(int axis, int64_t x) const { return start[axis] + static_cast<double>(x) * step[axis]; }
};

/// Calls row(line, offset of the row in the output, length) for every row of the part.
template <class Row>
void for_each_row(const Triple& shape, const Pull& pull, const Row& row) {
  const Triple begin = reversed(pull.part.begin), size = reversed(pull.part.size);
  const auto& m = pull.matrix;
  std::array<double, 3> center{};
  for (int a = 0; a < 3; ++a)
    center[a] = pull.about_part
                    ? static_cast<double>(begin[a]) + static_cast<double>(size[a] - 1) / 2
                    : static_cast<double>(shape[a] - 1) / 2;
  for (int64_t z = 0; z < size[0]; ++z)
    for (int64_t y = 0; y < size[1]; ++y) {
      const double oz = static_cast<double>(begin[0] + z) - center[0];
      const double oy = static_cast<double>(begin[1] + y) - center[1];
      const double ox = static_cast<double>(begin[2]) - center[2];
      Line line;
      for (int a = 0; a < 3; ++a) {
        line.start[a] = m[3 * a] * oz + m[3 * a + 1] * oy + m[3 * a + 2] * ox + center[a];
        line.step[a] = m[3 * a + 2];
      }
      row(line, (z * size[1] + y) * size[2], size[2]);
    }
}

/// The longest run [first, last) of x whose position stays within [low, high] on every axis.
/// Positions are monotonic in x even after rounding, so checking both ends is enough.
std::pair<int64_t, int64_t> inside(const Line& line, int64_t length,
                                   const std::array<double, 3>& low,
                                   const std::array<double, 3>& high) {
  int64_t first = 0, last = length;
  for (int a = 0; a < 3; ++a) {
    const auto within = [&](int64_t x) {
      const double p = line.at(a, x);
      return p >= low[a] && p <= high[a];
    };
    const double s = line.step[a];
    if (std::abs(s) > 1e-12) {
      const double one = (low[a] - line.start[a]) / s, two = (high[a] - line.start[a]) / s;
      const double limit = static_cast<double>(length);
      first = std::max(
          first, static_cast<int64_t>(std::clamp(std::floor(std::min(one, two)), 0.0, limit)));
      last = std::min(
          last, static_cast<int64_t>(std::clamp(std::ceil(std::max(one, two)) + 1, 0.0, limit)));
    }
    while (first < last && !within(first)) ++first;
    while (first < last && !within(last - 1)) --last;
  }
  return {first, std::max(first, last)};
}

float corner_sum(const float* in, const Triple& shape, double pz, double py, double px,
                 float outside) {
  const double floors[3] = {std::floor(pz), std::floor(py), std::floor(px)};
  const float f[3] = {static_cast<float>(pz - floors[0]), static_cast<float>(py - floors[1]),
                      static_cast<float>(px - floors[2])};
  float sum = 0;
  for (int corner = 0; corner < 8; ++corner) {
    float weight = 1;
    int64_t index = 0;
    bool in_range = true;
    for (int a = 0; a < 3; ++a) {
      const int up = (corner >> (2 - a)) & 1;
      const int64_t i = static_cast<int64_t>(floors[a]) + up;
      in_range = in_range && i >= 0 && i < shape[a];
      weight *= up ? f[a] : 1 - f[a];
      index = index * shape[a] + i;
    }
    sum += weight * (in_range ? in[index] : outside);
  }
  return sum;
}

/// Offsets and weights of one row's interior, shared by all channels.
struct Taps {
  std::vector<int64_t> offset;
  std::vector<float> fz, fy, fx;
  explicit Taps(size_t n) : offset(n), fz(n), fy(n), fx(n) {}

  void fill(const Line& line, const Triple& shape, int64_t first, int64_t last) {
    for (int64_t x = first; x < last; ++x) {
      const double pz = line.at(0, x), py = line.at(1, x), px = line.at(2, x);
      // Interior positions are not negative: truncation is the floor.
      const auto iz = static_cast<int64_t>(pz), iy = static_cast<int64_t>(py),
                 ix = static_cast<int64_t>(px);
      fz[x] = static_cast<float>(pz - static_cast<double>(iz));
      fy[x] = static_cast<float>(py - static_cast<double>(iy));
      fx[x] = static_cast<float>(px - static_cast<double>(ix));
      offset[x] = (iz * shape[1] + iy) * shape[2] + ix;
    }
  }
};

void interpolate(const float* in, const Triple& shape, const Taps& taps, int64_t first,
                 int64_t last, float* out) {
  const int64_t row = shape[2], slab = shape[1] * shape[2];
  for (int64_t x = first; x < last; ++x) {
    const float* p = in + taps.offset[x];
    const float fx = taps.fx[x], fy = taps.fy[x], fz = taps.fz[x];
    const float a = p[0] + fx * (p[1] - p[0]);
    const float b = p[row] + fx * (p[row + 1] - p[row]);
    const float c = p[slab] + fx * (p[slab + 1] - p[slab]);
    const float d = p[slab + row] + fx * (p[slab + row + 1] - p[slab + row]);
    const float ab = a + fy * (b - a), cd = c + fy * (d - c);
    out[x] = ab + fz * (cd - ab);
  }
}

/// Whether a pull only mirrors axes, and moves voxels without interpolation.
bool mirrors_only(const Pull& pull) {
  const Matrix& m = pull.matrix;
  if (!pull.displacement.empty()) return false;
  for (int i = 0; i < 9; ++i)
    if (i % 4 == 0 ? std::abs(m[i]) != 1 : m[i] != 0) return false;
  return true;
}

/// Where the voxels of a row read, displaced: positions along z, y, x.
class DisplacedRow {
 public:
  DisplacedRow(const Pull& pull, const Line& line, int64_t offset) : line_(line) {
    const int64_t voxels = pull.part.size[0] * pull.part.size[1] * pull.part.size[2];
    for (int a = 0; a < 3; ++a) by_[a] = pull.displacement.data() + a * voxels + offset;
  }
  double at(int axis, int64_t x) const {
    return line_.at(axis, x) + static_cast<double>(by_[axis][x]);
  }

 private:
  const Line& line_;
  std::array<const float*, 3> by_{};
};

/// Trilinear, every voxel displaced by itself.
void pull_displaced(const float* in, int64_t channels, const Triple& shape, const Pull& pull,
                    const std::function<float(int64_t)>& outside, float* out) {
  const int64_t in_voxels = shape[0] * shape[1] * shape[2];
  const int64_t out_voxels = pull.part.size[0] * pull.part.size[1] * pull.part.size[2];
  const int64_t row = shape[2], slab = shape[1] * shape[2];
  for_each_row(shape, pull, [&](const Line& line, int64_t offset, int64_t length) {
    const DisplacedRow positions(pull, line, offset);
    for (int64_t x = 0; x < length; ++x) {
      std::array<double, 3> at{}, floors{};
      bool inside = true;
      for (int a = 0; a < 3; ++a) {
        at[a] = positions.at(a, x);
        floors[a] = std::floor(at[a]);
        inside = inside && floors[a] >= 0 && floors[a] + 1 < static_cast<double>(shape[a]);
      }
      float* to = out + offset + x;
      if (!inside) {
        for (int64_t c = 0; c < channels; ++c)
          to[c * out_voxels] =
              corner_sum(in + c * in_voxels, shape, at[0], at[1], at[2], outside(c));
        continue;
      }
      const auto fz = static_cast<float>(at[0] - floors[0]),
                 fy = static_cast<float>(at[1] - floors[1]),
                 fx = static_cast<float>(at[2] - floors[2]);
      const float* p = in + static_cast<int64_t>(floors[0]) * slab +
                       static_cast<int64_t>(floors[1]) * row + static_cast<int64_t>(floors[2]);
      for (int64_t c = 0; c < channels; ++c, p += in_voxels) {
        const float a = p[0] + fx * (p[1] - p[0]);
        const float b = p[row] + fx * (p[row + 1] - p[row]);
        const float d = p[slab] + fx * (p[slab + 1] - p[slab]);
        const float e = p[slab + row] + fx * (p[slab + row + 1] - p[slab + row]);
        const float ab = a + fy * (b - a), de = d + fy * (e - d);
        to[c * out_voxels] = ab + fz * (de - ab);
      }
    }
  });
}

template <class T>
void pull_mirror(const T* in, const Triple& shape, const Pull& pull, T outside, T* out) {
  for_each_row(shape, pull, [&](const Line& line, int64_t offset, int64_t length) {
    T* result = out + offset;
    const auto z = static_cast<int64_t>(line.start[0]), y = static_cast<int64_t>(line.start[1]);
    if (z < 0 || z >= shape[0] || y < 0 || y >= shape[1])
      return void(std::fill_n(result, length, outside));
    const T* source = in + (z * shape[1] + y) * shape[2];
    const auto start = static_cast<int64_t>(line.start[2]);
    const int64_t step = line.step[2] > 0 ? 1 : -1;
    for (int64_t x = 0; x < length; ++x) {
      const int64_t i = start + step * x;
      result[x] = i >= 0 && i < shape[2] ? source[i] : outside;
    }
  });
}

}  // namespace

Matrix multiply(const Matrix& a, const Matrix& b) {
  Matrix product{};
  for (int i = 0; i < 3; ++i)
    for (int j = 0; j < 3; ++j)
      for (int k = 0; k < 3; ++k) product[3 * i + j] += a[3 * i + k] * b[3 * k + j];
  return product;
}

Box whole(const std::array<int64_t, 3>& size) { return {{0, 0, 0}, size}; }

void pull_linear(const float* in, int64_t channels, const std::array<int64_t, 3>& size,
                 const Pull& pull, float* out) {
  const Triple shape = reversed(size);
  const int64_t in_voxels = shape[0] * shape[1] * shape[2];
  const int64_t out_voxels = pull.part.size[0] * pull.part.size[1] * pull.part.size[2];
  const auto outside = [&](int64_t c) {
    return pull.outside.empty() ? 0.0f : pull.outside[static_cast<size_t>(c)];
  };
  if (!pull.displacement.empty()) return pull_displaced(in, channels, shape, pull, outside, out);
  if (mirrors_only(pull)) {
    for (int64_t c = 0; c < channels; ++c)
      pull_mirror(in + c * in_voxels, shape, pull, outside(c), out + c * out_voxels);
    return;
  }
  std::array<double, 3> zero{0, 0, 0}, last_cell{}, margin{-1, -1, -1}, beyond{};
  for (int a = 0; a < 3; ++a) {
    // An axis of one voxel has no cell between two.
    last_cell[a] = shape[a] > 1 ? std::nextafter(static_cast<double>(shape[a] - 1), 0.0) : -1.0;
    beyond[a] = static_cast<double>(shape[a]);
  }
  Taps taps(static_cast<size_t>(pull.part.size[0]));
  for_each_row(shape, pull, [&](const Line& line, int64_t offset, int64_t length) {
    const auto [touch_first, touch_last] = inside(line, length, margin, beyond);
    auto [first, last] = inside(line, length, zero, last_cell);
    if (first >= last) first = last = touch_last;
    taps.fill(line, shape, first, last);
    for (int64_t c = 0; c < channels; ++c) {
      const float* source = in + c * in_voxels;
      float* result = out + c * out_voxels + offset;
      const float beyond_value = outside(c);
      std::fill(result, result + touch_first, beyond_value);
      std::fill(result + touch_last, result + length, beyond_value);
      const auto border = [&](int64_t x) {
        result[x] =
            corner_sum(source, shape, line.at(0, x), line.at(1, x), line.at(2, x), beyond_value);
      };
      for (int64_t x = touch_first; x < first; ++x) border(x);
      interpolate(source, shape, taps, first, last, result);
      for (int64_t x = last; x < touch_last; ++x) border(x);
    }
  });
}

void pull_nearest(const uint8_t* in, const std::array<int64_t, 3>& size, const Pull& pull,
                  uint8_t* out) {
  const Triple shape = reversed(size);
  if (mirrors_only(pull)) return pull_mirror(in, shape, pull, uint8_t{0}, out);
  for_each_row(shape, pull, [&](const Line& line, int64_t offset, int64_t length) {
    uint8_t* result = out + offset;
    const auto displaced = [&](int axis, int64_t x) {
      return pull.displacement.empty() ? line.at(axis, x)
                                       : DisplacedRow(pull, line, offset).at(axis, x);
    };
    for (int64_t x = 0; x < length; ++x) {
      const int64_t z = std::lrint(displaced(0, x)), y = std::lrint(displaced(1, x)),
                    i = std::lrint(displaced(2, x));
      const bool in_range =
          z >= 0 && z < shape[0] && y >= 0 && y < shape[1] && i >= 0 && i < shape[2];
      result[x] = in_range ? in[(z * shape[1] + y) * shape[2] + i] : uint8_t{0};
    }
  });
}

}  // namespace kdseg::data
