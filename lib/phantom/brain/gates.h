// Sanity gates: does a cohort look like BraTS in the statistics that decide what can be learned?
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "phantom/brain/knobs.h"
#include "phantom/brain/scanner.h"
#include "phantom/gate.h"

namespace kdseg::phantom {

/// What the gates need of one case.
struct CaseStatistics {
  bool high_grade = true;
  std::array<double, 3> volume_ml{};  ///< codes 1, 2, 4
  bool one_mask = true;               ///< all sequences are non-zero in the same voxels
  bool labels_inside = true;          ///< codes 0 1 2 4 only, none outside the brain
  /// Rows of (flair, t1, t1ce, t2), each z-scored over the brain, with their code. All tumor voxels
  /// and a regular subset of the healthy ones, at most about 20000 of each.
  std::vector<std::array<float, sequences>> voxel;
  std::vector<uint8_t> code;
};

CaseStatistics statistics_of(const Scans& scans, const std::vector<uint8_t>& label,
                             const Grid& grid, bool high_grade);

/// A gate binds with 16 cases or more when every knob it depends on has its default and the head is
/// not shrunk; the invariants of masks and labels always bind.
std::vector<Gate> evaluate_gates(const std::vector<CaseStatistics>& cases, const BrainKnobs& knobs,
                                 bool natural_head);

/// Area under the ROC curve: the probability that a positive scores above a negative (ties half).
/// Not a number when either is missing.
double area_under_curve(const std::vector<float>& positive, const std::vector<float>& negative);

/// AUC of a linear discriminant over the given sequences between two codes, each case scored by the
/// discriminant of all other cases. Not a number with fewer than two cases or a missing class.
double discriminant_auc(const std::vector<CaseStatistics>& cases,
                        const std::vector<uint8_t>& positive, const std::vector<uint8_t>& negative,
                        const std::vector<int>& sequence);

}  // namespace kdseg::phantom
