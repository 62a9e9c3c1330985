// Per-case scores summed up over cases, with how many of them were empty or undefined.
#pragma once
#include <cstdint>
#include <span>

#include "metrics/empty.h"

namespace kdseg::metrics {

/// One case's value of one score.
struct CaseValue {
  double value = 0;  ///< NaN: undefined
  Status status = Status::normal;
};

/// NaN is left out and counted; infinite values are kept, so a missed case cannot improve a mean.
/// Every statistic of no values is NaN.
struct Summary {
  int64_t n_total = 0, n = 0, n_nan = 0;  ///< cases, those with a value, those without
  int64_t n_both_empty = 0, n_ref_empty = 0, n_pred_empty = 0;
  double mean = 0, std = 0;           ///< std divides by n - 1; NaN for a single value
  double median = 0, q1 = 0, q3 = 0;  ///< linear interpolation
  double minimum = 0, maximum = 0;
  double mean_normal = 0;  ///< over cases where neither mask is empty
};

Summary summarize(std::span<const CaseValue> values);

}  // namespace kdseg::metrics
