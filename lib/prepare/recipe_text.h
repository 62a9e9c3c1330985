// Recipes as text: declared keys, one canonical spelling, checks across keys.
#pragma once
#include <optional>

#include "prepare/placement.h"
#include "prepare/recipe.h"

namespace kdseg::prepare {

/// The section with every key written out in one spelling ("3.0" becomes "3"), checked for keys
/// that contradict each other. \throws UsageError
Section canonical_recipe(const Section& section);

/// The key `size`: three numbers, or nullopt for `fit`.
std::optional<Size> stated_size(const Parameters& values);
/// The key `equal-axes`; empty for `none`.
std::vector<std::string> equal_axes(const Parameters& values);

}  // namespace kdseg::prepare
