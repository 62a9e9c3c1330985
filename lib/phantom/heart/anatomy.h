// One heart and what lies around it, on a grid: structures of MM-WHS and tissues.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "phantom/frame.h"
#include "phantom/heart/knobs.h"

namespace kdseg::phantom {

/// Class indices in ascending order of the codes of MM-WHS.
enum Structure : uint8_t { no_structure, myo, la, lv, ra, rv, aorta, pulmonary, structures };
inline constexpr std::array<int, structures> structure_codes{0, 205, 420, 500, 550, 600, 820, 850};
inline constexpr std::array<const char*, structures> structure_names{
    "background", "MYO", "LA", "LV", "RA", "RV", "AO", "PA"};

/// What a voxel is made of. Vessels outside the labelled heart hold the same blood as those inside.
enum Tissue : uint8_t {
  air,
  lung,
  fat,
  muscle,
  bone,
  liver,
  myocardium,
  arterial_blood,
  venous_blood,
  atrial_blood,  ///< of the right atrium and the venae cavae, where contrast agent still mixes
  tissues
};

/// What is drawn once per heart. Lengths in mm of a heart of scale 1.
struct HeartPlan {
  double lv_radius, lv_length, wall, rv_size, la_size, ra_size, aorta_radius, pulmonary_radius;
  double scale, fat;
  Point middle;                    ///< of the heart in the frame
  std::array<double, 9> rotation;  ///< from body axes to the heart's
};

/// No two (modality, index) of a seed are the same heart: modalities draw from streams of their
/// own.
HeartPlan plan_heart(const HeartKnobs& knobs, uint64_t seed, uint64_t index,
                     const std::string& modality);

struct Heart {
  std::vector<uint8_t> structure;  ///< [z][y][x] Structure
  std::vector<uint8_t> tissue;     ///< [z][y][x] Tissue
};

/// Heart frame: base plane z = 0, apex at -z, x to the right heart, y to the front. Later ones of
/// RA, LA, PA, RV, AO, MYO, LV lie over earlier ones.
Heart make_heart(const HeartPlan& plan, const Frame& frame, const HeartKnobs& knobs, uint64_t seed,
                 uint64_t index, const std::string& modality);

/// The field of view, mm, that shows every heart with its surroundings.
inline constexpr Point heart_view_mm{190, 180, 210};

}  // namespace kdseg::phantom
