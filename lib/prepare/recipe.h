// Recipes: how a network wants its input prepared, fitted on training cases, stored in checkpoints.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/parameters.h"
#include "base/volume.h"

namespace kdseg::prepare {

/// The keys of a recipe file with defaults, help and sources (had-net.md 2a, 2b and their
/// switches).
std::span<const Parameter> recipe_parameters();

class Recipe {
 public:
  /// From an INI section; constants the recipe learns (the common size) are taken from `training`
  /// source volumes unless the INI already states them (a fitted recipe refits to itself).
  /// `load(i)` gives training case i; called once per case, in parallel.
  /// \throws UsageError  unknown key or value
  static Recipe fit(const Section& ini, int64_t training_cases,
                    const std::function<Volume(int64_t)>& load, int threads = 1);
  /// A recipe whose constants are all stated (from a checkpoint).
  static Recipe from_text(std::string_view ini);

  /// Prepares a source volume, keeping only `channels` in that order (empty: all).
  /// The mask channels that are absent are left out of the mask with one warning (had-net.md 2b).
  /// \throws DataError  missing channel, empty brain, already prepared by another recipe
  Volume apply(const Volume& source, std::span<const std::string> channels = {}) const;

  std::string id() const;        ///< first 16 hex digits of the SHA-256 of ini()
  std::string ini() const;       ///< every key, fitted values included
  bool masks_augmented() const;  ///< apply-mask is augmented-only or always
 private:
  Parameters values_;
  explicit Recipe(Parameters values) : values_(std::move(values)) {}
};

}  // namespace kdseg::prepare
