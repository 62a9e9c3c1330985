#include "prepare/recipe.h"

#include <algorithm>

#include "base/errors.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/sha256.h"
#include "base/text.h"
#include "prepare/histogram.h"
#include "prepare/placed_case.h"
#include "prepare/placement.h"
#include "prepare/recipe_text.h"

namespace kdseg::prepare {
namespace {

Volume already_prepared(const Volume& volume, const std::string& id,
                        std::span<const std::string> channels) {
  if (volume.recipe_id != id)
    throw DataError(
        "case {}: prepared by recipe {}, expected source volumes or recipe {}; run "
        "preprocess without --recipe for volumes that serve every network",
        volume.data.id, volume.recipe_id, id);
  Volume result = volume;
  result.data.image = select_channels(volume, channels);
  return result;
}

/// What a training case says about the constants of a recipe.
struct Measured {
  Size size{};
  LandmarkTable landmarks;  ///< on the common scale; channels in which the case is not constant
  RangeTable ranges;        ///< of the z-scores of intensity = range
};

Measured measure(const Volume& volume, const Parameters& values, bool landmarks, bool ranges) {
  if (volume.recipe_id != "source") already_prepared(volume, "source", {});
  PlacedCase placed = place(volume, values, {});
  const Image& image = placed.volume.data.image;
  Measured measured{image.grid.size, {}, {}};
  if (ranges) measured.ranges = standardized_ranges(placed, values);
  if (!landmarks) return measured;
  const auto count = static_cast<size_t>(image.grid.voxel_count());
  for (size_t c = 0; c < image.channels.size(); ++c) {
    const auto found = percentiles({image.channel(c), count}, placed.mask.voxels);
    if (found && found->back() > found->front())
      measured.landmarks[image.channels[c]] = on_common_scale(*found);
  }
  return measured;
}

/// Mean landmarks of the channels that every case has.
LandmarkTable mean_landmarks(const std::vector<Measured>& cases) {
  LandmarkTable table;
  for (const auto& first : cases.front().landmarks) {
    const std::string& channel = first.first;
    Landmarks sum{};
    const bool everywhere = std::all_of(cases.begin(), cases.end(), [&](const Measured& one) {
      const auto found = one.landmarks.find(channel);
      if (found == one.landmarks.end()) return false;
      for (size_t k = 0; k < sum.size(); ++k) sum[k] += found->second[k];
      return true;
    });
    if (!everywhere) continue;
    for (double& value : sum) value /= static_cast<double>(cases.size());
    table[channel] = sum;
  }
  return table;
}

/// The least and the greatest value of every channel in any case.
RangeTable widest_ranges(const std::vector<Measured>& cases) {
  RangeTable table;
  for (const auto& one : cases)
    for (const auto& [channel, range] : one.ranges) {
      const auto [place, added] = table.try_emplace(channel, range);
      auto& [low, high] = place->second;
      low = std::min(low, range.first);
      high = std::max(high, range.second);
    }
  return table;
}

Size largest_size(const std::vector<Measured>& cases) {
  Size largest{1, 1, 1};
  for (const auto& one : cases)
    for (int a = 0; a < 3; ++a) largest[a] = std::max(largest[a], one.size[a]);
  return largest;
}

void set(Section& section, const std::string& key, const std::string& value) {
  for (auto& setting : section.settings)
    if (setting.key == key) setting.value = value;
}

}  // namespace

Recipe Recipe::fit(const Section& ini, int64_t training_cases,
                   const std::function<Volume(int64_t)>& load, int threads) {
  Section section = canonical_recipe(ini);
  const Parameters values(recipe_parameters(), section);
  const bool size_open = values.text("size") == "fit", landmarks_open = !stated_landmarks(values),
             ranges_open = !stated_ranges(values);
  if (!size_open && !landmarks_open && !ranges_open) return Recipe(values);
  const std::string where = ini.where.empty() ? "recipe" : ini.where;
  if (training_cases == 0)
    throw UsageError("{}: {}", where,
                     size_open ? "size = fit needs training cases; state size = X Y Z or give cases"
                     : landmarks_open
                         ? "landmarks = from-train needs training cases; give cases"
                         : "ranges = fit needs training cases; state them or give cases");

  std::vector<Measured> cases(static_cast<size_t>(training_cases));
  parallel_for(training_cases, threads, [&](int64_t i) {
    cases[static_cast<size_t>(i)] = measure(load(i), values, landmarks_open, ranges_open);
  });
  if (size_open) {
    const Size largest = largest_size(cases);
    const Size common = common_size(largest, values.integer("size-multiple"), equal_axes(values));
    set(section, "size", fmt::format("{} {} {}", common[0], common[1], common[2]));
    log::debug("recipe {}: largest crop {}x{}x{}, common size {}x{}x{}", values.text("name"),
               largest[0], largest[1], largest[2], common[0], common[1], common[2]);
  }
  if (landmarks_open) {
    const LandmarkTable table = mean_landmarks(cases);
    if (table.empty())
      throw DataError("{}: no channel to learn landmarks from in every training case", where);
    set(section, "landmarks", landmarks_text(table));
  }
  if (ranges_open) set(section, "ranges", ranges_text(widest_ranges(cases)));
  return Recipe(Parameters(recipe_parameters(), section));
}

Recipe Recipe::from_text(std::string_view ini) {
  const Section section = canonical_recipe(parse_recipe(ini, "recipe"));
  Parameters values(recipe_parameters(), section);
  if (values.text("size") == "fit")
    throw UsageError("recipe: size = fit is not fitted yet, expected three numbers of voxels");
  if (!stated_landmarks(values))
    throw UsageError("recipe: landmarks = from-train is not fitted yet, expected their values");
  if (!stated_ranges(values))
    throw UsageError("recipe: ranges = fit is not fitted yet, expected channels and numbers");
  return Recipe(std::move(values));
}

Volume Recipe::apply(const Volume& source, std::span<const std::string> channels) const {
  if (source.recipe_id != "source") return already_prepared(source, id(), channels);
  PlacedCase placed = place(source, values_, channels);
  normalize(placed, values_, source);
  bring_to_size(placed, values_);
  resize_slices(placed, values_);
  subsample(placed, values_);
  Volume result = std::move(placed.volume);
  result.data.brain = std::move(placed.mask);
  result.recipe_id = id();
  result.recipe_ini = ini();
  return result;
}

std::string Recipe::ini() const {
  std::string text;
  for (const auto& s : values_.resolved().settings)
    if (is_written(s)) text += s.key + " = " + s.value + "\n";
  return text;
}

std::string Recipe::id() const { return sha256(ini()).substr(0, 16); }

bool Recipe::masks_augmented() const { return values_.text("apply-mask") != "never"; }

std::vector<std::string> Recipe::mask_channels() const {
  const auto named = values_.texts("mask-channels");
  return named == std::vector<std::string>{any_channel} ? std::vector<std::string>{} : named;
}

std::optional<std::array<int64_t, 3>> Recipe::prepared_size() const {
  const auto size = stated_size(values_);
  if (!size) return std::nullopt;
  return subsampled(*size, values_);
}

bool Recipe::leaves_sizes() const { return values_.text("size") == "any"; }

bool Recipe::minimum_outside() const { return prepare::minimum_outside(values_); }

}  // namespace kdseg::prepare
