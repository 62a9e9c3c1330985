// Counts of agreeing and disagreeing voxels, and the scores that follow from them.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace kdseg::metrics {

/// Voxels of one region: true and false positives and negatives.
struct Overlap {
  uint64_t tp = 0, fp = 0, fn = 0, tn = 0;

  uint64_t predicted() const { return tp + fp; }
  uint64_t referenced() const { return tp + fn; }
  bool operator==(const Overlap&) const = default;
};

/// Voxels by predicted and reference class, from one pass over both arrays: every region's counts
/// follow without looking at the voxels again.
class ClassCounts {
 public:
  /// `classes` in [1, 256].
  explicit ClassCounts(int classes);

  /// Adds voxels; where `domain` is given only those with a non-zero value there.
  /// \throws DataError  sizes differ, or a class index of `classes` or more (the value is stated)
  void add(std::span<const uint8_t> prediction, std::span<const uint8_t> reference,
           std::span<const uint8_t> domain = {});

  /// Adds voxels of one predicted and one reference class. \throws DataError  an index of `classes`
  void add(int prediction, int reference, uint64_t voxels);

  /// Counts of the region made of the class indices `members`.
  Overlap region(std::span<const int> members) const;

  int classes() const { return classes_; }
  uint64_t predicted(int index) const;   ///< voxels predicted as this class
  uint64_t referenced(int index) const;  ///< voxels of this class in the reference

 private:
  int classes_;
  std::vector<uint64_t> counts_;  // [prediction][reference]
};

/// Counts of two masks (non-zero = inside). \throws DataError  sizes differ
Overlap count_overlap(std::span<const uint8_t> prediction, std::span<const uint8_t> reference);

// Scores in [0, 1] unless said otherwise. A ratio of 0 to 0 is NaN: what an empty mask is worth is
// a convention, decided in empty.h before any of these is asked.
double dice(const Overlap& o);               ///< 2 TP / (2 TP + FP + FN)
double iou(const Overlap& o);                ///< TP / (TP + FP + FN)
double sensitivity(const Overlap& o);        ///< TP / (TP + FN)
double specificity(const Overlap& o);        ///< TN / (TN + FP)
double precision(const Overlap& o);          ///< TP / (TP + FP), the positive predictive value
double volume_similarity(const Overlap& o);  ///< 1 - |FN - FP| / (2 TP + FP + FN)
double relative_volume_difference(const Overlap& o);  ///< (predicted - referenced) / referenced

/// (2 TP + smoothing) / (2 TP + FP + FN + smoothing): both masks empty gives 1, an empty reference
/// with n predicted voxels smoothing / (n + smoothing).
/// Source: official code of HAD-Net (Vadacchino et al. 2021), where smoothing is 1.
double smoothed_dice(const Overlap& o, double smoothing = 1.0);

}  // namespace kdseg::metrics
