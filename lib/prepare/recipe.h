// Recipes: how a network wants its input prepared, fitted on training cases, stored in checkpoints.
#pragma once
#include <array>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/parameters.h"
#include "base/volume.h"

namespace kdseg::prepare {

/// The keys of a recipe file with defaults, help and sources. The defaults suit any kind of scan:
/// nothing is turned, cut, made positive or rounded, and each channel's z-score is an affine map.
/// What a paper does otherwise stands in its own recipe file.
std::span<const Parameter> recipe_parameters();

/// In place of names in mask-channels: all channels that a case has.
inline constexpr const char* any_channel = "any";

/// The section of a recipe file: the keys of a settings file (see base/ini.h), with or without one
/// header [recipe]. `where` names the file in messages. \throws UsageError  as parse_ini(), another
/// section
Section parse_recipe(std::string_view text, const std::string& where);

class Recipe {
 public:
  /// From an INI section; constants the recipe learns (the common size, landmarks, ranges) are
  /// taken from `training` source volumes unless the INI already states them (a fitted recipe
  /// refits to itself). `load(i)` gives training case i; called once per case, in parallel. Differs
  /// from the official code of HAD-Net: it measures training, validation and test cases together.
  /// \throws UsageError  unknown key or value, no training case to learn from
  static Recipe fit(const Section& ini, int64_t training_cases,
                    const std::function<Volume(int64_t)>& load, int threads = 1);
  /// A recipe whose constants are all stated (from a checkpoint).
  static Recipe from_text(std::string_view ini);

  /// Prepares a source volume, keeping only `channels` in that order (empty: all). The result's
  /// `brain` is the mask of voxels where every mask channel is non-zero; with intensity = histogram
  /// those that are foreground in all of them (see prepare/histogram.h).
  /// Mask channels that are absent are left out of the mask with one warning per process: a student
  /// predicting without contrast-enhanced T1 cannot know where that sequence is zero.
  /// A volume this recipe already prepared is returned with its channels selected.
  /// \throws DataError  missing channel, empty brain, a channel constant within it or without
  ///                    landmarks, already prepared by another recipe
  Volume apply(const Volume& source, std::span<const std::string> channels = {}) const;

  std::string id() const;  ///< first 16 hex digits of the SHA-256 of ini()
  /// Every key, fitted values included; those that came later only where they change something.
  std::string ini() const;
  bool masks_augmented() const;  ///< apply-mask is augmented-only or always
  /// The channels that the mask is made from; none: whichever a case has.
  std::vector<std::string> mask_channels() const;
  bool leaves_sizes() const;  ///< size = any: prepared volumes differ in size
  /// x, y, z voxels of every prepared volume; nullopt where they differ in size.
  std::optional<std::array<int64_t, 3>> prepared_size() const;
  /// Beyond a prepared image there is its minimum, not 0: whoever pads it further says so too.
  bool minimum_outside() const;

 private:
  Parameters values_;
  explicit Recipe(Parameters values) : values_(std::move(values)) {}
};

}  // namespace kdseg::prepare
