#include "metrics/surface.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <numeric>

#include "base/errors.h"
#include "voxels/content.h"
#include "voxels/distance.h"

namespace kdseg::metrics {
namespace {

std::vector<double> ascending_mm(std::span<const float> squared_mm2) {
  std::vector<double> found(squared_mm2.size());
  std::transform(squared_mm2.begin(), squared_mm2.end(), found.begin(),
                 [](float square) { return std::sqrt(static_cast<double>(square)); });
  std::sort(found.begin(), found.end());
  return found;
}

double sum(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

}  // namespace

std::vector<uint8_t> surface_voxels(const std::array<int64_t, 3>& size,
                                    std::span<const uint8_t> mask) {
  const int64_t nx = size[0], ny = size[1], nz = size[2], slice = nx * ny;
  std::vector<uint8_t> surface(mask.size());
  for (int64_t z = 0, i = 0; z < nz; ++z)
    for (int64_t y = 0; y < ny; ++y)
      for (int64_t x = 0; x < nx; ++x, ++i) {
        const auto at = [&](int64_t k) { return mask[static_cast<size_t>(k)] != 0; };
        if (!at(i)) continue;
        const bool interior = x > 0 && x + 1 < nx && y > 0 && y + 1 < ny && z > 0 && z + 1 < nz &&
                              at(i - 1) && at(i + 1) && at(i - nx) && at(i + nx) && at(i - slice) &&
                              at(i + slice);
        surface[static_cast<size_t>(i)] = !interior;
      }
  return surface;
}

SurfaceDistances surface_distances(const std::array<int64_t, 3>& size,
                                   std::span<const uint8_t> prediction,
                                   std::span<const uint8_t> reference,
                                   const std::array<double, 3>& spacing_mm) {
  const auto count = static_cast<size_t>(size[0] * size[1] * size[2]);
  if (prediction.size() != count || reference.size() != count)
    throw DataError("masks of {} and {} voxels on a grid of {}", prediction.size(),
                    reference.size(), count);
  const Box own = voxels::bounding_box(size, prediction);
  const Box other = voxels::bounding_box(size, reference);
  if (own.size[0] == 0 || other.size[0] == 0)
    throw DataError("surface distances of an empty mask are not defined");
  // Nothing of either mask lies outside the box, so its border is as good as the image's.
  const Box box = voxels::around(own, other);
  const auto& part = box.size;
  const auto surface_p = surface_voxels(part, voxels::cut(size, prediction, box));
  const auto surface_r = surface_voxels(part, voxels::cut(size, reference, box));
  SurfaceDistances found;
  found.prediction_to_reference =
      ascending_mm(voxels::squared_distance_at(part, surface_r, surface_p, spacing_mm));
  found.reference_to_prediction =
      ascending_mm(voxels::squared_distance_at(part, surface_p, surface_r, spacing_mm));
  return found;
}

double quantile(std::span<const double> ascending, double fraction) {
  if (ascending.empty()) return std::numeric_limits<double>::quiet_NaN();
  const double rank = fraction * static_cast<double>(ascending.size() - 1);
  const auto below = static_cast<size_t>(std::floor(rank));
  const double low = ascending[below], part = rank - static_cast<double>(below);
  if (part == 0 || below + 1 >= ascending.size()) return low;
  const double high = ascending[below + 1];
  if (low == high) return low;  // also two infinities, whose difference would be NaN
  if (std::isinf(low) || std::isinf(high)) return std::isinf(high) ? high : low;
  return low + part * (high - low);
}

double hausdorff(const SurfaceDistances& d) {
  return std::max(d.prediction_to_reference.back(), d.reference_to_prediction.back());
}

double hausdorff_quantile(const SurfaceDistances& d, double fraction, PercentileRule rule) {
  if (rule == PercentileRule::directed)
    return std::max(quantile(d.prediction_to_reference, fraction),
                    quantile(d.reference_to_prediction, fraction));
  std::vector<double> all;
  all.reserve(d.prediction_to_reference.size() + d.reference_to_prediction.size());
  std::merge(d.prediction_to_reference.begin(), d.prediction_to_reference.end(),
             d.reference_to_prediction.begin(), d.reference_to_prediction.end(),
             std::back_inserter(all));
  return quantile(all, fraction);
}

double average_symmetric_distance(const SurfaceDistances& d) {
  return (sum(d.prediction_to_reference) + sum(d.reference_to_prediction)) /
         static_cast<double>(d.prediction_to_reference.size() + d.reference_to_prediction.size());
}

double mean_average_distance(const SurfaceDistances& d) {
  const auto mean = [](const std::vector<double>& v) {
    return sum(v) / static_cast<double>(v.size());
  };
  return 0.5 * (mean(d.prediction_to_reference) + mean(d.reference_to_prediction));
}

double normalized_surface_dice(const SurfaceDistances& d, double tolerance_mm) {
  const auto within = [tolerance_mm](const std::vector<double>& v) {
    return std::upper_bound(v.begin(), v.end(), tolerance_mm) - v.begin();
  };
  return static_cast<double>(within(d.prediction_to_reference) +
                             within(d.reference_to_prediction)) /
         static_cast<double>(d.prediction_to_reference.size() + d.reference_to_prediction.size());
}

}  // namespace kdseg::metrics
