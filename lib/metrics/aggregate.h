// Per-case scores summed up over cases, with how many of them were empty or undefined and how far
// the mean may be off.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "metrics/empty.h"

namespace kdseg::metrics {

/// One case's value of one score.
struct CaseValue {
  double value = 0;  ///< NaN: undefined
  Status status = Status::normal;
};

/// How cases are resampled: `resamples` times as many as there are, with replacement.
struct Bootstrap {
  int64_t resamples = 10000;  ///< 0: no intervals
  uint64_t seed = 0;
};

struct Aggregation {
  int ddof = 1;  ///< the standard deviation divides by n - ddof; 0 or 1
  Bootstrap bootstrap;
  std::optional<double> infinite_as;  ///< stands in for infinite values; nothing: they are kept
};

/// NaN is left out and counted; infinite values are kept, so a missed case cannot improve a mean.
/// Every statistic of no values is NaN.
struct Summary {
  int64_t n_total = 0, n = 0, n_nan = 0;  ///< cases, those with a value, those without
  int64_t n_both_empty = 0, n_ref_empty = 0, n_pred_empty = 0;
  double mean = 0, std = 0;           ///< std is NaN for a single value under ddof 1
  double median = 0, q1 = 0, q3 = 0;  ///< linear interpolation
  double iqr = 0;                     ///< q3 - q1
  double minimum = 0, maximum = 0;
  double mean_normal = 0;  ///< over cases where neither mask is empty
  double ci_lo = 0;        ///< 95 % bootstrap interval of the mean; NaN for fewer than two values
  double ci_hi = 0;        ///< or without resamples
};

/// Sums up columns of values of the same cases, in the same order.
/// \throws DataError  columns of different lengths
std::vector<Summary> summarize(std::span<const std::vector<CaseValue>> columns,
                               const Aggregation& how = {});

struct Interval {
  double low = 0, high = 0;
};

/// 95 % percentile intervals of the columns' means. All columns see the same resamples of cases, so
/// that differences between them can be judged; equal seeds and numbers of cases give equal
/// resamples. Cases without a value (NaN) are left out of each mean; a column with fewer than two
/// values has no interval (NaN).
///
/// Draws: std::mt19937_64(seed), index = floor(n * ((x >> 11) * 2^-53)), case by case, resample by
/// resample. A generator of the standard library, so that others can repeat the intervals.
/// \throws DataError  columns of different lengths
std::vector<Interval> bootstrap_means(std::span<const std::vector<double>> columns,
                                      const Bootstrap& bootstrap);

}  // namespace kdseg::metrics
