// One synthetic patient with a glioma, as four co-registered scans and their segmentation.
#pragma once
#include <memory>

#include "phantom/brain/scanner.h"

namespace kdseg::phantom {

struct BrainCase {
  TumorPlan plan;
  Scans scans;
  std::vector<uint8_t> label;  ///< codes as written, after any label noise
};

/// Departures of one case from its cohort, for planted faults.
struct CaseOptions {
  bool without_enhancement = false;
  std::array<double, sequences> thickness_mm{-1, -1, -1, -1};  ///< negative: as drawn
};

/// Depends on nothing but its arguments: equal on any thread, in any order, in any cohort size.
BrainCase make_brain_case(const Head& head, const Grid& grid, const BrainKnobs& knobs,
                          uint64_t seed, uint64_t index, const CaseOptions& options = {});

}  // namespace kdseg::phantom
