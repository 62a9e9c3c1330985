// From what lies in each voxel to the four sequences a scanner would store.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "phantom/brain/anatomy.h"
#include "phantom/brain/signal.h"
#include "phantom/brain/tumor.h"

namespace kdseg::phantom {

/// Intensities of the four sequences (SequenceIndex), [z][y][x]: exactly 0 outside the brain, at
/// least 1 inside it, so that all share one mask.
using Scans = std::array<std::vector<int16_t>, sequences>;

/// Signals are mixed, never relaxation times: S = sum over compartments of fraction times signal.
/// Then per sequence: slice thickness, shift, bias field, Rician noise, brain mask, gain.
///
/// \param thickness_mm  per sequence; negative: drawn from knobs.slice_thickness_mm
Scans acquire(const Anatomy& anatomy, const Tumor& tumor, const TumorPlan& plan,
              const std::vector<float>& vessels, const Frame& frame, const BrainKnobs& knobs,
              uint64_t seed, uint64_t index,
              const std::array<double, sequences>& thickness_mm = {-1, -1, -1, -1});

}  // namespace kdseg::phantom
