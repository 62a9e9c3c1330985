// Sanity gates: do hearts have the sizes of MM-WHS, and blood and muscle their contrast?
#pragma once
#include <array>
#include <vector>

#include "phantom/gate.h"
#include "phantom/heart/anatomy.h"

namespace kdseg::phantom {

/// What the gates need of one case.
struct HeartStatistics {
  bool looks_like_ct = true;
  std::array<double, structures> volume_ml{};
  double blood = 0, muscle = 0;  ///< mean intensities of the left ventricle and the myocardium
};

/// \param structure  [z][y][x] Structure, the true one
HeartStatistics heart_statistics(const std::vector<int16_t>& scan,
                                 const std::vector<uint8_t>& structure, double voxel_volume_ml,
                                 bool looks_like_ct);

/// Least and greatest volume in ml of each structure in the training sets of MM-WHS 2017.
/// Source: measured on the public training data (index by Structure; background unused).
const std::array<std::array<double, 2>, structures>& mmwhs_volumes_ml();

/// Volumes: every case inside 0.7 times the least to 1.4 times the greatest of MM-WHS; they bind
/// when the knobs of the anatomy are at their defaults and hearts are not shrunk. Contrasts bind
/// when those of the images are, too.
std::vector<Gate> heart_gates(const std::vector<HeartStatistics>& cases, const HeartKnobs& knobs,
                              bool natural_size);

}  // namespace kdseg::phantom
