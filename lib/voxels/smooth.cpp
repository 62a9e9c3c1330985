#include "voxels/smooth.h"

#include <algorithm>
#include <cmath>

#include "base/parallel.h"
#include "voxels/shape.h"

namespace kdseg::voxels {
namespace {

/// Index of the voxel seen at place `i` of an axis of `n` voxels; -1 for a zero.
int64_t seen(int64_t i, int64_t n, Border border) {
  if (i >= 0 && i < n) return i;
  if (border == Border::zero) return -1;
  i %= 2 * n;
  if (i < 0) i += 2 * n;
  return i < n ? i : 2 * n - 1 - i;
}

/// out[x] += weight * (a[x] + b[x]); a null row is zeros.
void add_pair(float* out, const float* a, const float* b, float weight, int64_t n) {
  if (a && b) {
    for (int64_t x = 0; x < n; ++x) out[x] += weight * (a[x] + b[x]);
  } else if (const float* one = a ? a : b) {
    for (int64_t x = 0; x < n; ++x) out[x] += weight * one[x];
  }
}

/// Convolves rows along x with the symmetric kernel half[0] (center), half[1], ...
void along_x(const std::array<int64_t, 3>& size, const std::vector<float>& half, Border border,
             int threads, const float* in, float* out) {
  const int64_t n = size[0], radius = static_cast<int64_t>(half.size()) - 1;
  parallel_for(size[2], threads, [&](int64_t z) {
    std::vector<float> padded(static_cast<size_t>(n + 2 * radius));
    for (int64_t y = 0; y < size[1]; ++y) {
      const float* row = in + (z * size[1] + y) * n;
      for (int64_t i = -radius; i < n + radius; ++i) {
        const int64_t from = seen(i, n, border);
        padded[i + radius] = from < 0 ? 0.0f : row[from];
      }
      float* target = out + (z * size[1] + y) * n;
      const float* center = padded.data() + radius;
      for (int64_t x = 0; x < n; ++x) target[x] = half[0] * center[x];
      for (int64_t k = 1; k <= radius; ++k) add_pair(target, center - k, center + k, half[k], n);
    }
  });
}

/// The same along y (axis 1) or z (axis 2): whole x rows are combined, which keeps reads in order.
void along_rows(const std::array<int64_t, 3>& size, int axis, const std::vector<float>& half,
                Border border, int threads, const float* in, float* out) {
  const int64_t n = size[axis], nx = size[0], radius = static_cast<int64_t>(half.size()) - 1;
  const int64_t step = axis == 1 ? nx : nx * size[1];
  const int64_t lane = axis == 1 ? nx * size[1] : nx;
  parallel_for(axis == 1 ? size[2] : size[1], threads, [&](int64_t l) {
    for (int64_t i = 0; i < n; ++i) {
      float* target = out + l * lane + i * step;
      const float* center = in + l * lane + i * step;
      for (int64_t x = 0; x < nx; ++x) target[x] = half[0] * center[x];
      for (int64_t k = 1; k <= radius; ++k) {
        const int64_t before = seen(i - k, n, border), after = seen(i + k, n, border);
        add_pair(target, before < 0 ? nullptr : in + l * lane + before * step,
                 after < 0 ? nullptr : in + l * lane + after * step, half[k], nx);
      }
    }
  });
}

void convolve(const std::array<int64_t, 3>& size, int axis, const std::vector<double>& half,
              Border border, int threads, std::vector<float>& field) {
  if (half.size() < 2 || field.empty()) return;
  const std::vector<float> kernel(half.begin(), half.end());
  std::vector<float> out(field.size());
  if (axis == 0)
    along_x(size, kernel, border, threads, field.data(), out.data());
  else
    along_rows(size, axis, kernel, border, threads, field.data(), out.data());
  field.swap(out);
}

}  // namespace

std::vector<float> gaussian_smooth(const std::array<int64_t, 3>& size, std::span<const float> in,
                                   const std::array<double, 3>& sigma_voxels, int threads,
                                   Border border) {
  require_shape("gaussian_smooth", size, in.size());
  std::vector<float> field(in.begin(), in.end());
  for (int axis = 0; axis < 3; ++axis) {
    const double sigma = sigma_voxels[axis];
    if (!(sigma >= 0) || sigma > 1e6)
      throw UsageError("gaussian_smooth: sigma {} voxels; give 0 or more", sigma);
    if (sigma == 0) continue;
    std::vector<double> half(static_cast<size_t>(4 * sigma + 0.5) + 1);
    double sum = 0;
    for (size_t k = 0; k < half.size(); ++k) {
      const double t = static_cast<double>(k) / sigma;
      half[k] = std::exp(-0.5 * t * t);
      sum += k ? 2 * half[k] : half[k];
    }
    for (double& weight : half) weight /= sum;
    convolve(size, axis, half, border, threads, field);
  }
  return field;
}

std::vector<float> box_blur(const std::array<int64_t, 3>& size, std::span<const float> in, int axis,
                            double width_voxels, int threads, Border border) {
  require_shape("box_blur", size, in.size());
  if (axis < 0 || axis > 2 || !(width_voxels > 0) || width_voxels > 1e6)
    throw UsageError("box_blur: axis {} and width {} voxels; the axis is 0, 1 or 2, the width > 0",
                     axis, width_voxels);
  std::vector<float> field(in.begin(), in.end());
  std::vector<double> half;
  const double reach = width_voxels / 2;
  for (int64_t k = 0; k == 0 || static_cast<double>(k) - 0.5 < reach; ++k) {
    const double low = k == 0 ? -std::min(0.5, reach) : static_cast<double>(k) - 0.5;
    const double high = std::min(static_cast<double>(k) + 0.5, reach);
    half.push_back((high - low) / width_voxels);
  }
  convolve(size, axis, half, border, threads, field);
  return field;
}

}  // namespace kdseg::voxels
