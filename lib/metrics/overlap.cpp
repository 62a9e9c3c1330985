#include "metrics/overlap.h"

#include <algorithm>
#include <limits>

#include "base/errors.h"

namespace kdseg::metrics {
namespace {

double ratio(uint64_t part, uint64_t whole) {
  return whole == 0 ? std::numeric_limits<double>::quiet_NaN()
                    : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

ClassCounts::ClassCounts(int classes)
    : classes_(classes), counts_(static_cast<size_t>(classes) * static_cast<size_t>(classes)) {}

void ClassCounts::add(std::span<const uint8_t> prediction, std::span<const uint8_t> reference,
                      std::span<const uint8_t> domain) {
  if (prediction.size() != reference.size() ||
      (!domain.empty() && domain.size() != reference.size()))
    throw DataError("{} predicted voxels against {} of the reference", prediction.size(),
                    reference.size());
  // Counted for all byte pairs, so that a value out of range is found without a test per voxel.
  std::vector<uint64_t> pairs(size_t{256} * 256);
  if (domain.empty()) {
    for (size_t i = 0; i < prediction.size(); ++i)
      ++pairs[(size_t{prediction[i]} << 8) | reference[i]];
  } else {
    for (size_t i = 0; i < prediction.size(); ++i)
      if (domain[i] != 0) ++pairs[(size_t{prediction[i]} << 8) | reference[i]];
  }
  for (size_t p = 0; p < 256; ++p)
    for (size_t r = 0; r < 256; ++r) {
      const uint64_t n = pairs[(p << 8) | r];
      if (n == 0) continue;
      add(static_cast<int>(p), static_cast<int>(r), n);
    }
}

void ClassCounts::add(int prediction, int reference, uint64_t voxels) {
  if (prediction >= classes_ || reference >= classes_)
    throw DataError("class index {} where {} classes are known", std::max(prediction, reference),
                    classes_);
  counts_[static_cast<size_t>(prediction) * static_cast<size_t>(classes_) +
          static_cast<size_t>(reference)] += voxels;
}

Overlap ClassCounts::region(std::span<const int> members) const {
  std::vector<bool> inside(static_cast<size_t>(classes_));
  for (const int member : members) inside.at(static_cast<size_t>(member)) = true;
  Overlap o;
  for (size_t p = 0; p < inside.size(); ++p)
    for (size_t r = 0; r < inside.size(); ++r) {
      const uint64_t n = counts_[p * inside.size() + r];
      (inside[p] ? (inside[r] ? o.tp : o.fp) : (inside[r] ? o.fn : o.tn)) += n;
    }
  return o;
}

uint64_t ClassCounts::predicted(int index) const {
  uint64_t n = 0;
  for (int r = 0; r < classes_; ++r) n += counts_[static_cast<size_t>(index) * classes_ + r];
  return n;
}

uint64_t ClassCounts::referenced(int index) const {
  uint64_t n = 0;
  for (int p = 0; p < classes_; ++p) n += counts_[static_cast<size_t>(p) * classes_ + index];
  return n;
}

Overlap count_overlap(std::span<const uint8_t> prediction, std::span<const uint8_t> reference) {
  if (prediction.size() != reference.size())
    throw DataError("{} predicted voxels against {} of the reference", prediction.size(),
                    reference.size());
  uint64_t both = 0, predicted = 0, referenced = 0;
  for (size_t i = 0; i < prediction.size(); ++i) {
    const unsigned p = prediction[i] != 0, r = reference[i] != 0;
    both += p & r;
    predicted += p;
    referenced += r;
  }
  return {both, predicted - both, referenced - both,
          prediction.size() - predicted - referenced + both};
}

double dice(const Overlap& o) { return ratio(2 * o.tp, 2 * o.tp + o.fp + o.fn); }
double iou(const Overlap& o) { return ratio(o.tp, o.tp + o.fp + o.fn); }
double sensitivity(const Overlap& o) { return ratio(o.tp, o.tp + o.fn); }
double specificity(const Overlap& o) { return ratio(o.tn, o.tn + o.fp); }
double precision(const Overlap& o) { return ratio(o.tp, o.tp + o.fp); }

double volume_similarity(const Overlap& o) {
  const uint64_t difference = o.fn > o.fp ? o.fn - o.fp : o.fp - o.fn;
  return 1.0 - ratio(difference, 2 * o.tp + o.fp + o.fn);
}

double relative_volume_difference(const Overlap& o) {
  if (o.referenced() == 0) return std::numeric_limits<double>::quiet_NaN();
  return (static_cast<double>(o.predicted()) - static_cast<double>(o.referenced())) /
         static_cast<double>(o.referenced());
}

double smoothed_dice(const Overlap& o, double smoothing) {
  return (2.0 * static_cast<double>(o.tp) + smoothing) /
         (static_cast<double>(2 * o.tp + o.fp + o.fn) + smoothing);
}

}  // namespace kdseg::metrics
