// Random smooth displacements of voxels.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "base/random.h"

namespace kdseg::data {

/// How far and how smoothly; both drawn anew for every sample.
struct ElasticVariation {
  double probability = 0;  ///< per sample; 0: never
  double least_alpha = 0, greatest_alpha = 1300;
  double least_sigma = 10, greatest_sigma = 13;  ///< voxels
};

/// Displacements in voxels along z, y, x, [3][z][y][x] of `size` (x, y, z): noise uniform in -1 to
/// 1, smoothed by a Gaussian of sigma voxels with zeros beyond, times alpha. An axis of one voxel
/// is neither smoothed nor displaced. Empty where this sample is not displaced.
/// Source: Simard, Steinkraus & Platt 2003; ranges of Isensee et al. 2018, arXiv:1802.10508, code.
std::vector<float> draw_displacement(const ElasticVariation& variation, Random random,
                                     const std::array<int64_t, 3>& size);

}  // namespace kdseg::data
