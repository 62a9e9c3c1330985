#include "metrics/uncertainty.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::metrics {
namespace {

constexpr double epsilon = 0x1p-23;

/// Voxels of one kind by the first threshold at which they stay; one more place for "never".
class Arrivals {
 public:
  explicit Arrivals(size_t thresholds) : counts_(thresholds + 1) {}
  void add(size_t first) { ++counts_[first]; }

  /// Voxels that stay at each threshold, and at last all.
  std::vector<double> staying() const {
    std::vector<double> sums;
    uint64_t sum = 0;
    for (const uint64_t count : counts_) sums.push_back(static_cast<double>(sum += count));
    return sums;
  }

 private:
  std::vector<uint64_t> counts_;
};

double checked(float uncertainty) {
  if (!(uncertainty >= -1e-3f && uncertainty <= 100.001f))
    throw DataError("uncertainty {:g} is outside 0..100", uncertainty);
  return std::clamp(static_cast<double>(uncertainty), 0.0, 100.0);
}

double filtered_part(double all, double staying) { return (all - staying) / (all + epsilon); }

}  // namespace

std::vector<double> even_thresholds(int64_t steps) {
  std::vector<double> thresholds;
  for (int64_t j = 0; j <= steps; ++j)
    thresholds.push_back(100.0 * static_cast<double>(j) / static_cast<double>(steps));
  return thresholds;
}

std::vector<FilteredPoint> filter_by_uncertainty(std::span<const float> uncertainty,
                                                 std::span<const uint8_t> prediction,
                                                 std::span<const uint8_t> reference,
                                                 std::span<const uint8_t> brain,
                                                 std::span<const double> thresholds, Kept kept) {
  for (const size_t size : {prediction.size(), reference.size(), brain.size()})
    if (size != uncertainty.size())
      throw DataError("{} uncertainties against masks of {} voxels", uncertainty.size(), size);
  const auto first_kept = [&](double u) {
    const auto place = kept == Kept::at_most
                           ? std::lower_bound(thresholds.begin(), thresholds.end(), u)
                           : std::upper_bound(thresholds.begin(), thresholds.end(), u);
    return static_cast<size_t>(place - thresholds.begin());
  };
  const size_t first_certain = first_kept(0.0);  // most voxels of a scan
  Arrivals predicted(thresholds.size()), referenced(thresholds.size()), both(thresholds.size()),
      true_positive(thresholds.size()), true_negative(thresholds.size());
  for (size_t i = 0; i < uncertainty.size(); ++i) {
    const double u = checked(uncertainty[i]);
    const bool p = prediction[i] != 0, r = reference[i] != 0, b = brain[i] != 0;
    if (!p && !r && !b) continue;
    const size_t first = u == 0 ? first_certain : first_kept(u);
    if (p) predicted.add(first);
    if (r) referenced.add(first);
    if (p && r) both.add(first);
    if (b && p && r) true_positive.add(first);
    if (b && !p && !r) true_negative.add(first);
  }
  const auto p = predicted.staying(), r = referenced.staying(), pr = both.staying(),
             tp = true_positive.staying(), tn = true_negative.staying();
  std::vector<FilteredPoint> points;
  for (size_t t = 0; t < thresholds.size(); ++t)
    points.push_back({thresholds[t], p[t] + r[t] > 0 ? 2 * pr[t] / (p[t] + r[t]) : 1.0,
                      filtered_part(tp.back(), tp[t]), filtered_part(tn.back(), tn[t])});
  return points;
}

const std::vector<std::string>& uncertainty_form_names() {
  static const std::vector<std::string> names{"three-term", "two-term", "2019"};
  return names;
}

UncertaintyForm uncertainty_form(const std::string& name) {
  const auto& names = uncertainty_form_names();
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i] == name) return static_cast<UncertaintyForm>(i);
  throw UsageError("unknown form of the uncertainty score '{}'{}", name, did_you_mean(name, names));
}

Kept kept_by(UncertaintyForm form) {
  return form == UncertaintyForm::form_2019 ? Kept::below : Kept::at_most;
}

UncertaintyScores uncertainty_scores(std::span<const FilteredPoint> points, UncertaintyForm form) {
  UncertaintyScores s;
  for (size_t i = 1; i < points.size(); ++i) {
    const FilteredPoint &a = points[i - 1], &b = points[i];
    const double half = (b.threshold - a.threshold) / 2;
    s.dice_auc += half * (a.dice + b.dice);
    s.ftp_auc += half * (a.ftp + b.ftp);
    s.ftn_auc += half * (a.ftn + b.ftn);
  }
  const double range = points.back().threshold - points.front().threshold;
  for (double* area : {&s.dice_auc, &s.ftp_auc, &s.ftn_auc}) *area /= range;
  s.score = form == UncertaintyForm::three_term
                ? (s.dice_auc + (1 - s.ftp_auc) + (1 - s.ftn_auc)) / 3
                : (s.dice_auc + (1 - s.ftp_auc)) / 2;
  return s;
}

std::vector<FilteredPoint> worst_curve(std::span<const double> thresholds) {
  std::vector<FilteredPoint> points;
  for (const double threshold : thresholds) points.push_back({threshold, 0, 1, 1});
  return points;
}

}  // namespace kdseg::metrics
