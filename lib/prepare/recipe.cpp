#include "prepare/recipe.h"

#include <openssl/sha.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <set>

#include "base/errors.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/text.h"
#include "prepare/intensity.h"
#include "prepare/placement.h"
#include "prepare/recipe_text.h"
#include "voxels/chain.h"

namespace kdseg::prepare {
namespace {

/// Says a thing about a case once, however often the case is prepared in this process.
bool first_time(const std::string& what) {
  static std::mutex mutex;
  static std::set<std::string> said;
  const std::lock_guard lock(mutex);
  return said.insert(what).second;
}

/// The channels of the volume that make the mask, with the one warning about absent ones.
Labels brain_mask(const Volume& volume, const std::vector<std::string>& wanted,
                  std::vector<std::string>& used) {
  const Case& data = volume.data;
  Labels mask = common_voxels(data.image, wanted, &used);
  if (used.empty())
    throw DataError(
        "case {}: the brain mask needs one of {}, the volume has {}; set mask-channels "
        "in the recipe",
        data.id, join(wanted), join(data.image.channels));
  if (used.size() < wanted.size() && first_time("mask " + join(wanted) + " from " + join(used)))
    log::warning("case {}: brain mask from {} alone; the recipe also uses {} where present",
                 data.id, join(used), join(wanted));
  if (std::none_of(mask.voxels.begin(), mask.voxels.end(), [](uint8_t v) { return v; }))
    throw DataError("case {}: empty brain: no voxel is non-zero in all of {}", data.id, join(used));
  return mask;
}

Image select_channels(const Volume& volume, std::span<const std::string> wanted) {
  const Image& image = volume.data.image;
  if (wanted.empty()) return image;
  Image selected{image.grid, {wanted.begin(), wanted.end()}, {}};
  const auto count = static_cast<size_t>(image.grid.voxel_count());
  selected.voxels.reserve(count * wanted.size());
  for (const auto& name : wanted) {
    const auto found = std::find(image.channels.begin(), image.channels.end(), name);
    if (found == image.channels.end())
      throw DataError("case {}: no channel '{}', the volume has {}; choose them with --channels",
                      volume.data.id, name, join(image.channels));
    const float* values = image.channel(static_cast<size_t>(found - image.channels.begin()));
    selected.voxels.insert(selected.voxels.end(), values, values + count);
  }
  return selected;
}

/// What the official code's way back would refuse: margins per channel that are not the mask's.
void check_margins(const Volume& volume, const std::vector<std::string>& channels,
                   const Labels& mask) {
  const Box own = intersection_of_boxes(volume.data.image, channels);
  const Box box = voxels::bounding_box(mask);
  if (!(own == box))
    throw DataError(
        "case {}: offsets = margins gives {}x{}x{} voxels, the brain's box has "
        "{}x{}x{}; use offsets = stored",
        volume.data.id, own.size[0], own.size[1], own.size[2], box.size[0], box.size[1],
        box.size[2]);
}

void normalize(Case& data, const Labels& mask, const Parameters& values) {
  const auto count = static_cast<size_t>(data.image.grid.voxel_count());
  const std::string& intensity = values.text("intensity");
  int64_t negatives = 0;
  for (size_t c = 0; c < data.image.channels.size(); ++c) {
    const std::span<float> voxels(data.image.channel(c), count);
    if (values.text("negative") == "absolute")
      for (float& v : voxels)
        if (v < 0) {
          v = -v;
          ++negatives;
        }
    if (values.toggle("truncate")) truncate_to_uint16(voxels);
    if (intensity != "none") {
      const Statistics statistics = masked_statistics(voxels, mask.voxels);
      if (!(statistics.deviation > 0))
        throw DataError("case {}: channel {} is constant ({:g}) within the brain{}", data.id,
                        data.image.channels[c], statistics.mean,
                        values.toggle("truncate") ? " once fractions are cut off; truncate = off "
                                                    "keeps them"
                                                  : "");
      if (intensity == "z-score")
        z_score(voxels, statistics);
      else
        clip_rescale(voxels, statistics, values.number("clip-sigma"));
    }
    if (values.text("outside") == "zero" || values.text("apply-mask") == "always")
      zero_outside(voxels, mask.voxels);
  }
  if (negatives > 0 && first_time("negative " + data.id))
    log::warning("case {}: {} negative voxels taken as absolute values", data.id, negatives);
}

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

/// Moves image, label and mask of a volume together and records each step.
struct Mover {
  Volume& volume;
  Labels& mask;
  void operator()(const Step& step) {
    Case& data = volume.data;
    data.image = voxels::apply(data.image, step);
    if (data.label) data.label = voxels::apply(*data.label, step);
    mask = voxels::apply(mask, step);
    volume.chain.steps.push_back(step);
  }
};

}  // namespace

Recipe Recipe::fit(const Section& ini, int64_t training_cases,
                   const std::function<Volume(int64_t)>& load, int threads) {
  Section section = canonical_recipe(ini);
  const Parameters values(recipe_parameters(), section);
  if (stated_size(values)) return Recipe(values);
  if (training_cases == 0)
    throw UsageError("{}: size = fit needs training cases; state size = X Y Z or give cases",
                     ini.where.empty() ? "recipe" : ini.where);

  std::vector<Size> sizes(static_cast<size_t>(training_cases));
  parallel_for(training_cases, threads, [&](int64_t i) {
    const Volume volume = load(i);
    if (volume.recipe_id != "source") already_prepared(volume, "source", {});
    const Grid& grid = volume.data.image.grid;
    Size size = grid.size;
    if (values.text("crop") == "mask-box") {
      std::vector<std::string> used;
      size = voxels::bounding_box(brain_mask(volume, values.texts("mask-channels"), used)).size;
    }
    const Reorient turn = voxels::reorient_to(grid, values.text("orientation"));
    for (int a = 0; a < 3; ++a) sizes[static_cast<size_t>(i)][a] = size[turn.axis[a]];
  });
  Size largest{1, 1, 1};
  for (const auto& size : sizes)
    for (int a = 0; a < 3; ++a) largest[a] = std::max(largest[a], size[a]);
  const Size common = common_size(largest, values.integer("size-multiple"), equal_axes(values));
  for (auto& s : section.settings)
    if (s.key == "size") s.value = fmt::format("{} {} {}", common[0], common[1], common[2]);
  log::debug("recipe {}: largest crop {}x{}x{}, common size {}x{}x{}", values.text("name"),
             largest[0], largest[1], largest[2], common[0], common[1], common[2]);
  return Recipe(Parameters(recipe_parameters(), section));
}

Recipe Recipe::from_text(std::string_view ini) {
  const Section section = canonical_recipe(parse_recipe(ini, "recipe"));
  Parameters values(recipe_parameters(), section);
  if (!stated_size(values))
    throw UsageError("recipe: size = fit is not fitted yet, expected three numbers of voxels");
  return Recipe(std::move(values));
}

Volume Recipe::apply(const Volume& source, std::span<const std::string> channels) const {
  if (source.recipe_id != "source") return already_prepared(source, id(), channels);
  std::vector<std::string> used;
  Labels mask = brain_mask(source, values_.texts("mask-channels"), used);
  const std::string& crop = values_.text("crop");
  if (crop == "mask-box" && values_.text("offsets") == "margins") check_margins(source, used, mask);

  Volume result{{source.data.id, source.data.stratum, select_channels(source, channels),
                 source.data.label, std::nullopt, source.data.classes, source.data.regions},
                source.chain,
                id(),
                ini()};
  Mover move{result, mask};
  const std::string& orientation = values_.text("orientation");
  const Reorient turn = voxels::reorient_to(source.data.image.grid, orientation);
  if (!(turn == Reorient{})) move(turn);

  const Size size = stated_size(values_).value();
  if (crop == "mask-box") {
    move(voxels::bounding_box(mask));
  } else if (crop == "center") {
    move(scan_center_box(source.chain, result.data.image.grid, orientation, size));
    if (std::none_of(mask.voxels.begin(), mask.voxels.end(), [](uint8_t v) { return v; }))
      throw DataError("case {}: empty brain: no brain voxel in the central {}x{}x{} voxels",
                      source.data.id, size[0], size[1], size[2]);
  }
  normalize(result.data, mask, values_);
  if (crop != "center") move(centered_box(result.data.image.grid.size, size));
  result.data.brain = std::move(mask);
  return result;
}

std::string Recipe::ini() const {
  std::string text;
  for (const auto& s : values_.resolved().settings) text += s.key + " = " + s.value + "\n";
  return text;
}

std::string Recipe::id() const {
  const std::string text = ini();
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  std::string hex;
  for (int i = 0; i < 8; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

bool Recipe::masks_augmented() const { return values_.text("apply-mask") != "never"; }

}  // namespace kdseg::prepare
