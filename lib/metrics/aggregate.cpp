#include "metrics/aggregate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "metrics/surface.h"

namespace kdseg::metrics {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double mean_of(std::span<const double> values) {
  if (values.empty()) return nan;
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

double deviation_of(std::span<const double> values, double mean) {
  if (values.size() < 2) return nan;
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

}  // namespace

Summary summarize(std::span<const CaseValue> values) {
  Summary s;
  s.n_total = static_cast<int64_t>(values.size());
  std::vector<double> valid, normal;
  for (const CaseValue& v : values) {
    s.n_both_empty += v.status == Status::both_empty;
    s.n_ref_empty += v.status == Status::ref_empty;
    s.n_pred_empty += v.status == Status::pred_empty;
    if (std::isnan(v.value)) {
      ++s.n_nan;
      continue;
    }
    valid.push_back(v.value);
    if (v.status == Status::normal) normal.push_back(v.value);
  }
  s.n = static_cast<int64_t>(valid.size());
  s.mean = mean_of(valid);
  s.mean_normal = mean_of(normal);
  s.std = deviation_of(valid, s.mean);
  std::sort(valid.begin(), valid.end());
  s.median = quantile(valid, 0.5);
  s.q1 = quantile(valid, 0.25);
  s.q3 = quantile(valid, 0.75);
  s.minimum = valid.empty() ? nan : valid.front();
  s.maximum = valid.empty() ? nan : valid.back();
  return s;
}

}  // namespace kdseg::metrics
