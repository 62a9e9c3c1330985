#include "metrics/curves.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/errors.h"

namespace kdseg::metrics {

ProbabilityCounts::ProbabilityCounts() : positive_(steps + 1), negative_(steps + 1) {}

void ProbabilityCounts::add(std::span<const float> probability,
                            std::span<const uint8_t> reference) {
  if (probability.size() != reference.size())
    throw DataError("{} probabilities against {} voxels of the reference", probability.size(),
                    reference.size());
  for (size_t i = 0; i < probability.size(); ++i) {
    const float p = probability[i];
    if (!(p >= -1e-3f && p <= 1.001f)) throw DataError("probability {} is outside [0, 1]", p);
    const auto step =
        static_cast<size_t>(std::clamp(p, 0.0f, 1.0f) * static_cast<float>(steps) + 0.5f);
    const bool inside = reference[i] != 0;
    ++(inside ? positive_ : negative_)[step];
    positives_ += inside;
  }
  voxels_ += probability.size();
}

void ProbabilityCounts::add(const ProbabilityCounts& other) {
  for (size_t i = 0; i < positive_.size(); ++i) {
    positive_[i] += other.positive_[i];
    negative_[i] += other.negative_[i];
  }
  positives_ += other.positives_;
  voxels_ += other.voxels_;
}

void ProbabilityCounts::add_zeros(uint64_t positives, uint64_t negatives) {
  positive_[0] += positives;
  negative_[0] += negatives;
  positives_ += positives;
  voxels_ += positives + negatives;
}

std::vector<Overlap> ProbabilityCounts::at_thresholds(std::span<const double> ascending) const {
  std::vector<Overlap> found(ascending.size());
  uint64_t tp = 0, fp = 0;
  auto step = static_cast<int64_t>(steps);
  for (size_t t = ascending.size(); t-- > 0;) {
    for (; step >= 0 && static_cast<double>(step) > ascending[t] * static_cast<double>(steps);
         --step) {
      tp += positive_[static_cast<size_t>(step)];
      fp += negative_[static_cast<size_t>(step)];
    }
    found[t] = {tp, fp, positives_ - tp, voxels_ - positives_ - fp};
  }
  return found;
}

double ProbabilityCounts::average_precision() const {
  if (positives_ == 0) return std::numeric_limits<double>::quiet_NaN();
  double area = 0;
  uint64_t tp = 0, fp = 0;
  for (size_t step = positive_.size(); step-- > 0;) {
    tp += positive_[step];
    fp += negative_[step];
    if (positive_[step] == 0) continue;
    area += static_cast<double>(positive_[step]) / static_cast<double>(positives_) *
            (static_cast<double>(tp) / static_cast<double>(tp + fp));
  }
  return area;
}

const std::vector<double>& default_thresholds() {
  static const std::vector<double> thresholds = [] {
    std::vector<double> t;
    for (int i = 1; i < 100; ++i) t.push_back(i / 100.0);
    return t;
  }();
  return thresholds;
}

BestThreshold best_threshold(std::span<const std::vector<double>> scores,
                             std::span<const double> thresholds) {
  if (scores.empty()) throw DataError("a best threshold needs at least one case");
  for (const auto& row : scores)
    if (row.size() != thresholds.size())
      throw DataError("{} scores for {} thresholds", row.size(), thresholds.size());
  BestThreshold best;
  best.mean = std::numeric_limits<double>::quiet_NaN();
  for (size_t t = 0; t < thresholds.size(); ++t) {
    double sum = 0;
    int64_t n = 0;
    for (const auto& row : scores)
      if (!std::isnan(row[t])) {
        sum += row[t];
        ++n;
      }
    if (n == 0) continue;
    const double mean = sum / static_cast<double>(n);
    const bool nearer = std::abs(thresholds[t] - 0.5) < std::abs(best.threshold - 0.5) - 1e-12;
    if (std::isnan(best.mean) || mean > best.mean || (mean == best.mean && nearer))
      best = {t, thresholds[t], mean};
  }
  return best;
}

}  // namespace kdseg::metrics
