// Random flips and affine maps of training cases, one draw shared by images, label and mask.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/parameters.h"
#include "base/random.h"
#include "data/resample.h"
#include "data/sampler.h"

namespace kdseg::data {

/// How training cases are varied. Source: HAD-Net, Vadacchino et al. 2021, values of the official
/// code.
struct Augmentation {
  std::vector<int> flip_axes{2};  ///< array axes 0 = z, 1 = y, 2 = x; each on its own
  double flip_probability = 0.5;
  double affine_probability = 0.8;
  double rotation_deg = 4;  ///< each angle uniform in +- this
  double shear = 0.04;      ///< each shear uniform in +- this
  double scale = 0.04;      ///< each factor 1 + uniform in +- this
  /// The official code copies one generator into each of its 11 loading processes at every epoch,
  /// so that all of them replay one short sequence: 19 distinct draws for 200 cases.
  bool replay = false;
};

/// The keys of the section [augment] with defaults, help and sources.
std::span<const Parameter> augment_parameters();
/// \throws UsageError  unknown key, value out of range, unknown axis
Augmentation augmentation_from(const Section& section);

/// One draw. Arrays run over the array axes z, y, x; shears are those at rows z (two) and y (one).
struct AffineDraw {
  std::array<bool, 3> flip{false, false, false};
  bool affine = false;
  std::array<double, 3> angle_deg{0, 0, 0}, shear{0, 0, 0}, scale{1, 1, 1};
};

/// Draws one variation; always consumes the same count of random numbers.
AffineDraw draw_affine(const Augmentation& options, Random& random);

/// R0(angle 0) R1(angle 1) R2(angle 2) H diag(scale), H with three of the six shears.
Matrix affine_matrix(const AffineDraw& draw);

/// What a pull needs for "flip, then affine": mirror * affine, the identity when neither was drawn.
Matrix pull_matrix(const AffineDraw& draw);

/// The random numbers of sample `element` of a batch: named by the stream, its epoch, and the
/// number of the batch in the epoch.
Random augment_stream(const Augmentation& options, uint64_t seed, const Place& place,
                      const Sampler& sampler, int64_t element);

}  // namespace kdseg::data
