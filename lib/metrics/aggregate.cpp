#include "metrics/aggregate.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "base/errors.h"
#include "base/interrupt.h"
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

double deviation_of(std::span<const double> values, double mean, int ddof) {
  if (static_cast<int64_t>(values.size()) <= ddof) return nan;
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  return std::sqrt(squares / (static_cast<double>(values.size()) - ddof));
}

template <class Column>
void require_equal_lengths(std::span<const Column> columns) {
  for (const Column& column : columns)
    if (column.size() != columns.front().size())
      throw DataError("scores of {} cases beside scores of {}", column.size(),
                      columns.front().size());
}

Summary summarize_column(const std::vector<CaseValue>& values, int ddof) {
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
  s.std = deviation_of(valid, s.mean, ddof);
  std::sort(valid.begin(), valid.end());
  s.median = quantile(valid, 0.5);
  s.q1 = quantile(valid, 0.25);
  s.q3 = quantile(valid, 0.75);
  s.iqr = s.q3 - s.q1;
  s.minimum = valid.empty() ? nan : valid.front();
  s.maximum = valid.empty() ? nan : valid.back();
  return s;
}

/// Sum and number of a column's values among the drawn cases.
struct Drawn {
  double sum = 0;
  int64_t n = 0;
};

}  // namespace

std::vector<Summary> summarize(std::span<const std::vector<CaseValue>> columns,
                               const Aggregation& how) {
  require_equal_lengths(columns);
  std::vector<Summary> summaries;
  std::vector<std::vector<double>> numbers;
  for (const auto& column : columns) {
    auto values = column;
    for (CaseValue& v : values)
      if (how.infinite_as && std::isinf(v.value)) v.value = *how.infinite_as;
    summaries.push_back(summarize_column(values, how.ddof));
    numbers.emplace_back();
    for (const CaseValue& v : values) numbers.back().push_back(v.value);
  }
  const auto intervals = bootstrap_means(numbers, how.bootstrap);
  for (size_t i = 0; i < summaries.size(); ++i) {
    summaries[i].ci_lo = intervals[i].low;
    summaries[i].ci_hi = intervals[i].high;
  }
  return summaries;
}

std::vector<Interval> bootstrap_means(std::span<const std::vector<double>> columns,
                                      const Bootstrap& bootstrap) {
  require_equal_lengths(columns);
  std::vector<Interval> intervals(columns.size(), {nan, nan});
  if (bootstrap.resamples <= 0 || columns.empty() || columns.front().empty()) return intervals;
  const size_t n = columns.front().size();
  std::vector<std::vector<double>> means(columns.size());
  std::mt19937_64 generator(bootstrap.seed);
  std::vector<size_t> drawn(n);
  for (int64_t b = 0; b < bootstrap.resamples; ++b) {
    throw_if_stopped();
    for (size_t& index : drawn)
      index = static_cast<size_t>(static_cast<double>(n) *
                                  (static_cast<double>(generator() >> 11) * 0x1p-53));
    for (size_t c = 0; c < columns.size(); ++c) {
      Drawn found;
      for (const size_t index : drawn)
        if (const double value = columns[c][index]; !std::isnan(value)) {
          found.sum += value;
          ++found.n;
        }
      // A resample of undefined cases only says nothing about the mean.
      if (found.n > 0) means[c].push_back(found.sum / static_cast<double>(found.n));
    }
  }
  for (size_t c = 0; c < columns.size(); ++c) {
    const auto values = std::count_if(columns[c].begin(), columns[c].end(),
                                      [](double v) { return !std::isnan(v); });
    if (values < 2) continue;
    std::sort(means[c].begin(), means[c].end());
    intervals[c] = {quantile(means[c], 0.025), quantile(means[c], 0.975)};
  }
  return intervals;
}

}  // namespace kdseg::metrics
