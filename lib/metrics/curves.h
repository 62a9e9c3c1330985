// Scores of a probability map that do not hang on one threshold: average precision and the Dice at
// the best common threshold.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "metrics/overlap.h"

namespace kdseg::metrics {

/// Voxels by probability, split by the reference. Probabilities are rounded to the nearest multiple
/// of 2^-16; everything computed from it is exact for the rounded values, in any order of adding.
/// Takes 1 MiB whatever the number of voxels, so that whole data sets can be pooled.
class ProbabilityCounts {
 public:
  static constexpr int64_t steps = 65536;

  ProbabilityCounts();

  /// Values up to 1e-3 outside [0, 1] (rounding of sums) are clamped.
  /// \throws DataError  sizes differ; a NaN or a value further outside (stated)
  void add(std::span<const float> probability, std::span<const uint8_t> reference);
  void add(const ProbabilityCounts& other);
  /// Voxels of probability 0, e.g. of a prediction that is missing.
  void add_zeros(uint64_t positives, uint64_t negatives);

  uint64_t positives() const { return positives_; }
  uint64_t voxels() const { return voxels_; }

  /// Counts of the mask `probability > threshold`, thresholds ascending.
  std::vector<Overlap> at_thresholds(std::span<const double> ascending) const;

  /// Area under the precision-recall curve as the sum over distinct probabilities, descending, of
  /// (recall - previous recall) * precision, without interpolation; equal probabilities enter
  /// together. NaN without positives.
  double average_precision() const;

 private:
  std::vector<uint64_t> positive_, negative_;  // steps + 1 each
  uint64_t positives_ = 0, voxels_ = 0;
};

/// 0.01, 0.02, ..., 0.99
const std::vector<double>& default_thresholds();

/// The threshold with the highest mean over cases.
struct BestThreshold {
  size_t index = 0;
  double threshold = 0.5, mean = 0;
};

/// One threshold for all cases: choosing one per case would need the references.
/// \param scores      [case][threshold]; NaN cases are left out at that threshold
/// \param thresholds  ascending; of equal means the one nearest to 0.5 wins, then the lower
/// \throws DataError  no cases, or a case with another number of scores
BestThreshold best_threshold(std::span<const std::vector<double>> scores,
                             std::span<const double> thresholds);

}  // namespace kdseg::metrics
