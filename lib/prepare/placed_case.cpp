#include "prepare/placed_case.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "prepare/histogram.h"
#include "prepare/intensity.h"
#include "prepare/placement.h"
#include "prepare/recipe_text.h"
#include "prepare/square_crop.h"
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

bool any(const Labels& mask) {
  return std::any_of(mask.voxels.begin(), mask.voxels.end(), [](uint8_t v) { return v != 0; });
}

/// The channels of the volume that make the mask, with the one warning about absent ones.
Labels brain_mask(const Volume& volume, const std::vector<std::string>& named,
                  std::vector<std::string>& used) {
  const Case& data = volume.data;
  const auto& wanted = named == std::vector<std::string>{any_channel} ? data.image.channels : named;
  Labels mask = common_voxels(data.image, wanted, &used);
  if (used.empty())
    throw DataError(
        "case {}: the brain mask needs one of {}, the volume has {}; set mask-channels "
        "in the recipe",
        data.id, join(wanted), join(data.image.channels));
  if (used.size() < wanted.size() && first_time("mask " + join(wanted) + " from " + join(used)))
    log::warning("case {}: brain mask from {} alone; the recipe also uses {} where present",
                 data.id, join(used), join(wanted));
  if (!any(mask))
    throw DataError("case {}: empty brain: no voxel is non-zero in all of {}", data.id, join(used));
  return mask;
}

/// Voxels that are foreground in every one of the channels.
Labels common_foreground(const Volume& volume, std::span<const std::string> channels) {
  const Image& image = volume.data.image;
  const auto count = static_cast<size_t>(image.grid.voxel_count());
  Labels mask{image.grid, std::vector<uint8_t>(count, 1)};
  for (size_t c = 0; c < image.channels.size(); ++c) {
    if (std::find(channels.begin(), channels.end(), image.channels[c]) == channels.end()) continue;
    const auto own = foreground(image.grid.size, {image.channel(c), count});
    for (size_t i = 0; i < count; ++i) mask.voxels[i] &= own[i];
  }
  if (!any(mask))
    throw DataError("case {}: empty brain: no voxel is foreground in all of {}", volume.data.id,
                    join(std::vector<std::string>(channels.begin(), channels.end())));
  return mask;
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

/// Moves image, labels and mask of a case together and records each step.
void move(PlacedCase& placed, const Step& step) {
  Case& data = placed.volume.data;
  data.image = voxels::apply(data.image, step);
  if (data.label) data.label = voxels::apply(*data.label, step);
  if (data.share) data.share = voxels::apply(*data.share, step);
  placed.mask = voxels::apply(placed.mask, step);
  placed.volume.chain.steps.push_back(step);
}

/// The part of a box, in its own voxels, that lies in an array of size `before`.
Box part_inside(const Box& box, const Size& before) {
  Box inside;
  for (int a = 0; a < 3; ++a) {
    inside.begin[a] = std::clamp<int64_t>(-box.begin[a], 0, box.size[a] - 1);
    const int64_t end = std::clamp<int64_t>(before[a] - box.begin[a], 1, box.size[a]);
    inside.size[a] = end - inside.begin[a];
  }
  return inside;
}

/// Moves to a box that may reach beyond the image and takes the minimum there; labels get 0.
void pad_with_minimum(PlacedCase& placed, const Box& box) {
  const Size before = placed.volume.data.image.grid.size;
  move(placed, box);
  fill_with_minimum(placed.volume.data.image, part_inside(box, before));
}

/// Squares around what is labelled, or around the middle of the scan.
void crop_to_squares(PlacedCase& placed, const Parameters& recipe) {
  const Case& data = placed.volume.data;
  const std::string& source = recipe.text("crop-source");
  const bool labelled = data.label && source != "image-center" &&
                        std::any_of(data.label->voxels.begin(), data.label->voxels.end(),
                                    [](auto v) { return v != 0; });
  if (!labelled && source == "label")
    throw DataError(
        "case {}: crop = labels, but {}; give a label or a mask (preprocess --label), or set "
        "crop-source = image-center",
        data.id, data.label ? "no voxel is labelled" : "the case has no label");
  const Size before = data.image.grid.size;
  Box box;
  if (labelled) {
    box = square_box(*data.label, recipe.number("crop-factor"), recipe.integer("crop-slices"));
  } else {
    const auto [side, slices] = crop_size(recipe).value();
    box = middle_box(data.image.grid, side, slices);
  }
  move(placed, box);
  fill_with_least(placed.volume.data.image, part_inside(box, before));
}

/// Cut above a percentile, then the z-score of all voxels.
void standardize_crop(std::span<float> voxels, const Parameters& recipe, const std::string& id,
                      const std::string& channel) {
  const auto top = static_cast<float>(percentile(voxels, recipe.number("clip-percentile")));
  for (float& v : voxels) v = std::min(v, top);
  const Statistics statistics = masked_statistics(voxels, std::vector<uint8_t>(voxels.size(), 1));
  if (!(statistics.deviation > 0))
    throw DataError("case {}: channel {} is constant ({:g}) within the crop; leave the case out",
                    id, channel, statistics.mean);
  z_score(voxels, statistics);
}

void map_by_range(std::span<float> voxels, const RangeTable& ranges, const std::string& id,
                  const std::string& channel) {
  const auto range = ranges.find(channel);
  if (range == ranges.end())
    throw DataError(
        "case {}: the recipe has no range for channel '{}', only {}; ranges = fit learns it", id,
        channel, ranges_text(ranges));
  map_to_unit_range(voxels, range->second.first, range->second.second);
}

/// Histogram standardization of one channel. \return whether it was possible
bool standardize_channel(std::span<float> voxels, const Labels& mask, const Landmarks& wanted) {
  const auto measured = percentiles(voxels, mask.voxels);
  if (!measured || !(measured->back() > measured->front())) return false;
  standardize(voxels, *measured, wanted);
  return true;
}

const Landmarks& landmarks_for(const std::string& channel, const LandmarkTable& table,
                               const std::string& id) {
  const auto found = table.find(channel);
  if (found != table.end()) return found->second;
  std::vector<std::string> known;
  for (const auto& [name, values] : table) known.push_back(name);
  throw DataError(
      "case {}: the recipe has no landmarks for channel '{}', only for {}; choose channels with "
      "--channels, or set landmarks = from-train",
      id, channel, join(known));
}

/// Signs and fractions as the recipe wants them. \return how many voxels changed their sign
int64_t condition(std::span<float> voxels, const Parameters& recipe) {
  int64_t negatives = 0;
  if (recipe.text("negative") == "absolute")
    for (float& v : voxels)
      if (v < 0) {
        v = -v;
        ++negatives;
      }
  if (recipe.toggle("truncate")) truncate_to_uint16(voxels);
  return negatives;
}

/// Whether two voxels inside the mask differ.
bool varies(std::span<const float> voxels, std::span<const uint8_t> mask) {
  const float* first = nullptr;
  for (size_t i = 0; i < voxels.size(); ++i) {
    if (mask[i] == 0) continue;
    if (first == nullptr) first = &voxels[i];
    if (voxels[i] != *first) return true;
  }
  return false;
}

/// Of a channel's non-zero voxels before anything was cut away.
Statistics source_statistics(const Volume& source, const std::string& channel,
                             const Parameters& recipe) {
  Image whole = select_channels(source, std::vector<std::string>{channel});
  condition(whole.voxels, recipe);
  return nonzero_statistics(whole.voxels);
}

/// Every other voxel, the first one on.
Grid strided(const Grid& grid) {
  Grid half = grid;
  for (int a = 0; a < 3; ++a) {
    half.size[a] = (grid.size[a] + 1) / 2;
    half.spacing_mm[a] = 2 * grid.spacing_mm[a];
  }
  return half;
}

/// Centers of blocks of 2x2x2 voxels; an odd rest is dropped.
Grid pooled(const Grid& grid) {
  Grid half = strided(grid);
  for (int a = 0; a < 3; ++a) {
    half.size[a] = grid.size[a] / 2;
    for (int r = 0; r < 3; ++r)
      half.origin_mm[r] += grid.direction[r * 3 + a] * grid.spacing_mm[a] / 2;
  }
  return half;
}

}  // namespace

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

PlacedCase place(const Volume& source, const Parameters& recipe,
                 std::span<const std::string> channels) {
  std::vector<std::string> used;
  Labels mask = brain_mask(source, recipe.texts("mask-channels"), used);
  const std::string& crop = recipe.text("crop");
  if (crop == "mask-box" && recipe.text("offsets") == "margins") check_margins(source, used, mask);

  // Foreground is found on the padded grid, also in channels that only the mask needs.
  const bool histogram = recipe.text("intensity") == "histogram";
  std::vector<std::string> needed(channels.begin(), channels.end());
  if (histogram && !needed.empty())
    for (const auto& name : used)
      if (std::find(needed.begin(), needed.end(), name) == needed.end()) needed.push_back(name);
  PlacedCase placed{
      {{source.data.id, source.data.stratum, select_channels(source, needed), source.data.label,
        std::nullopt, source.data.classes, source.data.regions, source.data.share},
       source.chain,
       "source",
       {}},
      std::move(mask)};
  placed.volume.overlaid = source.overlaid;

  const Grid& grid = source.data.image.grid;
  if (crop == "content")
    move(placed, content_box(source.data.image, used, source.chain, recipe.integer("least-size"),
                             recipe.text("widening") == "inside"));
  const std::string& orientation = recipe.text("orientation");
  const Reorient turn = voxels::reorient_to(grid, orientation);
  if (!(turn == Reorient{})) move(placed, turn);
  if (const auto spacing = stated_spacing(recipe)) {
    const Grid& now = placed.volume.data.image.grid;
    if (const Grid target = respaced(now, *spacing); !same_grid(target, now, 1e-9))
      move(placed, Resample{target});
  }
  if (crop == "labels") {
    crop_to_squares(placed, recipe);
  } else if (crop == "mask-box") {
    move(placed, voxels::bounding_box(placed.mask));
  } else if (crop == "center") {
    const Size size = stated_size(recipe).value();
    move(placed, scan_center_box(source.chain, placed.volume.data.image.grid, orientation, size,
                                 recipe.text("center-rest") == "front"));
    if (!any(placed.mask))
      throw DataError("case {}: empty brain: no brain voxel in the central {}x{}x{} voxels",
                      source.data.id, size[0], size[1], size[2]);
  }
  if (const int64_t padding = recipe.integer("padding"); padding > 0) {
    Size size = placed.volume.data.image.grid.size;
    for (auto& n : size) n += 2 * padding;
    pad_with_minimum(placed, {{-padding, -padding, -padding}, size});
  }
  if (!histogram) return placed;
  placed.mask = common_foreground(placed.volume, used);
  placed.volume.data.image = select_channels(placed.volume, channels);
  return placed;
}

void normalize(PlacedCase& placed, const Parameters& recipe, const Volume& source) {
  Case& data = placed.volume.data;
  const std::vector<uint8_t>& mask = placed.mask.voxels;
  const auto count = static_cast<size_t>(data.image.grid.voxel_count());
  const std::string& intensity = recipe.text("intensity");
  const LandmarkTable landmarks =
      intensity == "histogram" ? stated_landmarks(recipe).value() : LandmarkTable{};
  int64_t negatives = 0;
  for (size_t c = 0; c < data.image.channels.size(); ++c) {
    const std::span<float> voxels(data.image.channel(c), count);
    const bool varied = varies(voxels, mask);
    negatives += condition(voxels, recipe);
    if (intensity == "range") {
      standardize_crop(voxels, recipe, data.id, data.image.channels[c]);
      map_by_range(voxels, stated_ranges(recipe).value(), data.id, data.image.channels[c]);
    } else if (intensity == "z-score-nonzero") {
      z_score_nonzero(voxels, recipe.text("statistics") == "source"
                                  ? source_statistics(source, data.image.channels[c], recipe)
                                  : nonzero_statistics(voxels));
    } else if (intensity != "none") {
      const bool scaled =
          intensity != "histogram" ||
          standardize_channel(voxels, placed.mask,
                              landmarks_for(data.image.channels[c], landmarks, data.id));
      const Statistics statistics = masked_statistics(voxels, mask);
      if (!scaled || !(statistics.deviation > 0))
        throw DataError("case {}: channel {} is constant ({:g}) within the brain{}", data.id,
                        data.image.channels[c], statistics.mean,
                        !varied ? "; leave the case or the channel out"
                        : recipe.toggle("truncate")
                            ? " once fractions are cut off; truncate = off keeps them"
                            : "");
      if (intensity == "clip-rescale")
        clip_rescale(voxels, statistics, recipe.number("clip-sigma"));
      else
        z_score(voxels, statistics);
    }
    if (recipe.text("outside") == "zero" || recipe.text("apply-mask") == "always")
      zero_outside(voxels, mask);
  }
  if (negatives > 0 && first_time("negative " + data.id))
    log::warning("case {}: {} negative voxels taken as absolute values", data.id, negatives);
}

void bring_to_size(PlacedCase& placed, const Parameters& recipe) {
  const auto size = stated_size(recipe);
  if (!size || recipe.text("crop") == "center") return;
  if (resamples_to_size(recipe))
    return move(placed, Resample{regridded(placed.volume.data.image.grid, *size)});
  const Box box = centered_box(placed.volume.data.image.grid.size, *size);
  if (minimum_outside(recipe))
    pad_with_minimum(placed, box);
  else
    move(placed, box);
}

void resize_slices(PlacedCase& placed, const Parameters& recipe) {
  const auto size = slice_size(recipe);
  const Grid& grid = placed.volume.data.image.grid;
  if (!size || ((*size)[0] == grid.size[0] && (*size)[1] == grid.size[1])) return;
  move(placed, Resample{regridded(grid, {(*size)[0], (*size)[1], grid.size[2]})});
}

RangeTable standardized_ranges(PlacedCase& placed, const Parameters& recipe) {
  Image& image = placed.volume.data.image;
  const auto count = static_cast<size_t>(image.grid.voxel_count());
  RangeTable ranges;
  for (size_t c = 0; c < image.channels.size(); ++c) {
    const std::span<float> voxels(image.channel(c), count);
    condition(voxels, recipe);
    standardize_crop(voxels, recipe, placed.volume.data.id, image.channels[c]);
    const auto [low, high] = std::minmax_element(voxels.begin(), voxels.end());
    ranges[image.channels[c]] = {*low, *high};
  }
  return ranges;
}

std::array<int64_t, 3> subsampled(std::array<int64_t, 3> size, const Parameters& recipe) {
  const std::string& how = recipe.text("subsample");
  const Grid whole{size, {1, 1, 1}, {}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
  return how == "stride2" ? strided(whole).size : how == "avgpool2" ? pooled(whole).size : size;
}

void subsample(PlacedCase& placed, const Parameters& recipe) {
  const std::string& how = recipe.text("subsample");
  if (how == "none") return;
  Case& data = placed.volume.data;
  const bool mean = how == "avgpool2";
  const Resample half{mean ? pooled(data.image.grid) : strided(data.image.grid)};
  // Halfway between voxels the mean of 2x2x2 is what linear interpolation gives; labels are taken
  // from the first of them.
  Resample first{strided(data.image.grid)};
  first.target.size = half.target.size;
  const auto halved = [&](const Labels& labels) {
    Labels few = voxels::apply(labels, first);
    few.grid = half.target;
    return few;
  };
  data.image = voxels::apply(data.image, half);
  if (data.label) data.label = halved(*data.label);
  if (data.share) data.share = voxels::apply(*data.share, half);
  placed.mask = halved(placed.mask);
  placed.volume.chain.steps.push_back(half);
}

}  // namespace kdseg::prepare
