// Recipes as text: declared keys, one canonical spelling, checks across keys.
#pragma once
#include <array>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "prepare/histogram.h"
#include "prepare/placement.h"
#include "prepare/recipe.h"

namespace kdseg::prepare {

/// The section with every key written out in one spelling ("3.0" becomes "3"), checked for keys
/// that contradict each other. \throws UsageError
Section canonical_recipe(const Section& section);

/// The key `size`: three numbers, or nullopt for `fit` and `any`.
std::optional<Size> stated_size(const Parameters& values);
/// The key `equal-axes`; empty for `none`.
std::vector<std::string> equal_axes(const Parameters& values);
/// The key `landmarks`: the published table, or the values of a fitted recipe; nullopt where they
/// are to be learnt. An empty table where intensity is not histogram.
std::optional<LandmarkTable> stated_landmarks(const Parameters& values);
/// Whether volumes are stretched to their size.
bool resamples_to_size(const Parameters& values);
/// The key `spacing`, mm; nullopt: keep.
std::optional<std::array<double, 3>> stated_spacing(const Parameters& values);
/// The key `crop-size`: side and slices; nullopt: none.
std::optional<std::array<int64_t, 2>> crop_size(const Parameters& values);
/// The key `slice-size`: voxels along x and y; nullopt: keep.
std::optional<std::array<int64_t, 2>> slice_size(const Parameters& values);

/// Low and high end of each channel's z-scores.
using RangeTable = std::map<std::string, std::pair<double, double>>;
/// \throws UsageError  anything but channels, each once, with a low and a high end
RangeTable parse_ranges(const std::string& text);
std::string ranges_text(const RangeTable& table);
/// The key `ranges`; nullopt where they are to be learnt. Empty where intensity is not range.
std::optional<RangeTable> stated_ranges(const Parameters& values);

/// Whether a recipe's text has this setting: keys that came later are left out where they change
/// nothing, so that recipes of before keep their text and id.
bool is_written(const Setting& setting);
/// Whether padding beyond the prepared image takes its minimum: whitened intensities have their
/// mean at 0, which is no background.
bool minimum_outside(const Parameters& values);

}  // namespace kdseg::prepare
