// Random variation of training cases: one geometric draw shared by images, label and mask, then
// intensities.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/parameters.h"
#include "base/random.h"
#include "data/augment/elastic.h"
#include "data/augment/intensity.h"
#include "data/augment/resample.h"
#include "data/sampler.h"

namespace kdseg::data {

/// How training cases are varied. Source: HAD-Net, Vadacchino et al. 2021, values of the official
/// code; what stands below `replay` is off there and of model distillation, Nalwade & Kisa, with
/// the code of Lachinov et al. 2018 and 2020 and of Isensee et al. 2018.
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
  /// Of an affine map's rotation and of its scale, each on its own.
  double rotation_probability = 1, scale_probability = 1;
  double transpose_probability = 0;  ///< x and y change places
  bool about_patch = false;          ///< maps turn about the middle of the patch, not the volume
  bool near_label = false;           ///< patches lie near the label's foreground
  int64_t patch_margin = 50;         ///< how near, see place_near_label()
  bool soft_labels = false;          ///< labels are interpolated linearly, as shares
  IntensityVariation intensity{};
  ElasticVariation elastic{};
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
  bool transpose = false;  ///< y and x
};

/// Draws one variation; always consumes the same count of random numbers, later options' behind
/// those of earlier ones.
AffineDraw draw_affine(const Augmentation& options, Random& random);

/// R0(angle 0) R1(angle 1) R2(angle 2) H diag(scale), H with three of the six shears.
Matrix affine_matrix(const AffineDraw& draw);

/// What a pull needs for "transpose, flip, then affine", the identity when none was drawn. Of a
/// rotation and scales alone the order makes no difference to their distribution.
Matrix pull_matrix(const AffineDraw& draw);

/// The random numbers of sample `element` of a batch: named by the stream, its epoch, and the
/// number of the batch in the epoch.
Random augment_stream(const Augmentation& options, uint64_t seed, const Place& place,
                      const Sampler& sampler, int64_t element);
/// Those of another purpose than the geometric draw, which are never replayed.
Random sample_stream(const std::string& purpose, uint64_t seed, const Place& place,
                     const Sampler& sampler, int64_t element);

}  // namespace kdseg::data
