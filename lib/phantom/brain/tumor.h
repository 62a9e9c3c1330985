// A synthetic glioma: where its parts lie and how much contrast agent they take up.
#pragma once
#include <cstdint>
#include <vector>

#include "base/random.h"
#include "phantom/brain/anatomy.h"
#include "phantom/brain/knobs.h"

namespace kdseg::phantom {

/// On-disk codes of BraTS up to 2021.
inline constexpr uint8_t code_ncr = 1, code_ed = 2, code_et = 4;

/// What is drawn once per case.
struct TumorPlan {
  bool high_grade = true;
  Point center{};
  double radius_mm = 0, edema_mm = 0;
  Point axes{1, 1, 1};               ///< of the core, relative to its radius
  std::array<double, 9> rotation{};  ///< of these axes
  double surface_mm = 0;             ///< distance of the center from the brain's surface
  double concentration_mmol = 0;     ///< the case's c in enhancing tumor
  bool without_enhancement = false;  ///< vitality is kept at or below 0
};

/// Any run of cases has nearly the asked share of low grades, and a case's grade does not depend on
/// how many cases there are.
bool is_high_grade(const BrainKnobs& knobs, uint64_t seed, uint64_t index);

/// The center is drawn from white matter at knobs.depth_mm from the surface; from the deepest place
/// where there is none.
TumorPlan plan_tumor(const Anatomy& anatomy, const Frame& frame, const BrainKnobs& knobs,
                     uint64_t seed, uint64_t index);

struct Tumor {
  std::vector<uint8_t> label;   ///< [z][y][x] codes 0 1 2 4, cut before any blur
  std::vector<float> uptake;    ///< share of concentration_mmol, where enhancing tumor may show
  std::vector<float> severity;  ///< fraction of edema in a voxel labelled edema, [0.35, 1]
};

/// core: ellipsoidal radius r (1 + shape-noise g1) < R; edema: r < R + w (0.25 + 0.95 f_WM)(1 +
/// 0.25 g2) outside CSF; enhancing: core with vitality > 0, where vitality falls from the edge to
/// the center in high grades and is low everywhere in low grades.
Tumor make_tumor(const TumorPlan& plan, const Anatomy& anatomy, const Frame& frame,
                 const BrainKnobs& knobs, uint64_t seed, uint64_t index);

/// Each tumor voxel's code is redrawn from {1, 2, 4} with probability knobs.label_noise.
std::vector<uint8_t> noisy_labels(const std::vector<uint8_t>& label, const BrainKnobs& knobs,
                                  uint64_t seed, uint64_t index);

/// Fraction of each voxel filled by vessels: bent tubes of radius 0.8 to 1.8 mm outside the tumor.
std::vector<float> make_vessels(const Anatomy& anatomy, const Tumor& tumor, const Frame& frame,
                                const BrainKnobs& knobs, uint64_t seed, uint64_t index);

}  // namespace kdseg::phantom
