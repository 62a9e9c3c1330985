// Recipes as text: declared keys, one canonical spelling, checks across keys.
#pragma once
#include <optional>

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
/// Whether a recipe's text has this setting. Keys that came later are left out where they change
/// nothing: recipes of before keep their text and id.
bool is_written(const Setting& setting);
/// Whether padding beyond the prepared image takes its minimum: whitened intensities have their
/// mean at 0, which is no background.
bool minimum_outside(const Parameters& values);

}  // namespace kdseg::prepare
