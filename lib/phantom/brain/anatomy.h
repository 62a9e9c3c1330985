// One case's healthy anatomy on a grid: a head, posed and deformed at random.
#pragma once
#include <vector>

#include "base/random.h"
#include "phantom/brain/head.h"
#include "phantom/brain/knobs.h"

namespace kdseg::phantom {

/// The frame in which a brain fits a grid whatever its random size and pose.
Frame frame_for(const Grid& grid, const Head& head);

/// The push of a tumor on its surroundings, zero at its center and at `reach_mm`.
struct Push {
  Point center{};
  double radius_mm = 0, reach_mm = 0, shift_mm = 0;
};

struct Anatomy {
  std::vector<uint8_t> brain;      ///< [z][y][x]
  std::vector<uint8_t> cerebrum;   ///< where tumors may be centered
  std::vector<float> wm, gm, csf;  ///< sum to 1 in the brain, 0 outside
};

/// \param seed,index  address of the random numbers: equal for equal cases on any grid
Anatomy make_anatomy(const Head& head, const Frame& frame, const BrainKnobs& knobs, uint64_t seed,
                     uint64_t index, const Push& push = {});

}  // namespace kdseg::phantom
