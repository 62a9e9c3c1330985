// One case on its way through a recipe: placed, then normalized, then brought to size.
#pragma once
#include <array>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "base/parameters.h"
#include "base/volume.h"

namespace kdseg::prepare {

struct PlacedCase {
  Volume volume;
  Labels mask;  ///< the voxels that intensities are measured in
};

/// The channels `wanted` in this order; empty: all. \throws DataError  naming the missing one
Image select_channels(const Volume& volume, std::span<const std::string> wanted);

/// Crops, turns and pads a source volume by a recipe's keys and finds its mask; intensities stay.
/// Keeps `channels` (empty: all). \throws DataError  see Recipe::apply
PlacedCase place(const Volume& source, const Parameters& recipe,
                 std::span<const std::string> channels);

/// Brings every channel to the recipe's scale; `source` is the volume before it was placed.
/// \throws DataError  a channel is constant in the mask or has no landmarks
void normalize(PlacedCase& placed, const Parameters& recipe, const Volume& source);

/// Pads, cuts or stretches to the recipe's size where it states one. crop = center has it already.
void bring_to_size(PlacedCase& placed, const Parameters& recipe);

/// Stretches slices to the recipe's slice-size where it states one.
void resize_slices(PlacedCase& placed, const Parameters& recipe);

/// What intensity = range makes of each channel before it maps z-scores to [-1, 1]: their least and
/// greatest value. \throws DataError  a channel is constant
std::map<std::string, std::pair<double, double>> standardized_ranges(PlacedCase& placed,
                                                                     const Parameters& recipe);

/// The size (x, y, z) that subsample() leaves of a volume.
std::array<int64_t, 3> subsampled(std::array<int64_t, 3> size, const Parameters& recipe);

/// Halves the volume where the recipe says so; the step is recorded as a resampling.
void subsample(PlacedCase& placed, const Parameters& recipe);

}  // namespace kdseg::prepare
