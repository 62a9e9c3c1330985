// Distances between the surfaces of two masks, and the scores that follow from them.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace kdseg::metrics {

/// Distances in mm from every surface voxel of one mask to the nearest surface voxel of the other,
/// both ways, each list ascending.
struct SurfaceDistances {
  std::vector<double> prediction_to_reference, reference_to_prediction;
};

/// Voxels of `mask` ([z][y][x]; `size` is x, y, z) with at least one of the six neighbors outside;
/// beyond the array is outside, so voxels of the mask on the border are surface. 1 on the surface.
std::vector<uint8_t> surface_voxels(const std::array<int64_t, 3>& size,
                                    std::span<const uint8_t> mask);

/// Distances between voxel centers, in the joint bounding box of both masks only: one pair of
/// distance transforms serves every surface score.
/// \param size, spacing_mm  x, y, z
/// \throws DataError  a mask is empty (see empty.h), or sizes differ
SurfaceDistances surface_distances(const std::array<int64_t, 3>& size,
                                   std::span<const uint8_t> prediction,
                                   std::span<const uint8_t> reference,
                                   const std::array<double, 3>& spacing_mm);

/// Quantile of ascending values by linear interpolation at rank fraction * (n - 1). Infinite values
/// stay infinite instead of turning into NaN; NaN when there are no values.
double quantile(std::span<const double> ascending, double fraction);

/// directed: the larger of the two directions' percentiles. pooled: the percentile of both
/// directions' distances together. They differ where one mask has an outlying part.
enum class PercentileRule { directed, pooled };

double hausdorff(const SurfaceDistances& d);  ///< mm: the largest distance of both directions
/// mm; `fraction` 0.95 for the usual HD95.
double hausdorff_quantile(const SurfaceDistances& d, double fraction, PercentileRule rule);
/// mm: mean over all distances of both directions together.
double average_symmetric_distance(const SurfaceDistances& d);
/// mm: half the sum of the two directions' means.
double mean_average_distance(const SurfaceDistances& d);
/// In [0, 1]: part of both surfaces together that lies within `tolerance_mm` of the other.
double normalized_surface_dice(const SurfaceDistances& d, double tolerance_mm);

}  // namespace kdseg::metrics
