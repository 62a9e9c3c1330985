#include "prepare/recipe_text.h"

#include <algorithm>

#include "base/errors.h"
#include "base/ini.h"
#include "base/text.h"

namespace kdseg::prepare {
namespace {

using Kind = Parameter::Kind;

const std::vector<Parameter>& declared() {
  static const std::vector<Parameter> keys{
      {.name = "name",
       .kind = Kind::text,
       .initial = "plain",
       .help = "name of the recipe: letters, digits and . _ -",
       .choices = {}},
      {.name = "orientation",
       .kind = Kind::text,
       .initial = "LPS",
       .help = "directions in which x, y and z increase (HAD-Net, official code: LAS, which "
               "reverses y of BraTS scans)",
       .choices = {}},
      {.name = "mask-channels",
       .kind = Kind::texts,
       .initial = "any",
       .help = "the mask, in which intensities are measured, is where all of these are non-zero: "
               "name the channels that every later case has too (HAD-Net, official code: flair "
               "t1ce t1 t2); any: whichever a case has",
       .choices = {}},
      {.name = "crop",
       .kind = Kind::choice,
       .initial = "none",
       .help = "mask-box: tight box of the mask (HAD-Net, official code); center: center of the "
               "scan's full grid (HAD-Net, appendix C; KD-Net); content: box of the voxels that "
               "are non-zero in "
               "any mask channel (U-HVED); none: as the volume comes",
       .choices = {"mask-box", "center", "content", "none"}},
      {.name = "center-rest",
       .kind = Kind::choice,
       .initial = "front",
       .help = "crop = center cuts an odd number of voxels: the one more in front (official code), "
               "or behind, so that the crop starts at floor((scan - size) / 2) (KD-Net)",
       .choices = {"front", "behind"}},
      {.name = "least-size",
       .kind = Kind::integer,
       .initial = "128",
       .help = "crop = content widens axes of fewer voxels, as far as the scan reaches (U-HVED, "
               "official code: 128)",
       .low = 1,
       .high = 4096,
       .choices = {}},
      {.name = "padding",
       .kind = Kind::integer,
       .initial = "0",
       .help = "voxels added on every side after the crop, with the minimum of the line that they "
               "lengthen (U-HVED, official code: 10)",
       .low = 0,
       .high = 1024,
       .choices = {}},
      {.name = "size",
       .kind = Kind::text,
       .initial = "fit",
       .help = "x y z voxels to pad or cut to; fit: the largest crop of the training cases, "
               "rounded up (HAD-Net, realized value: 160 192 160); any: as cropped and padded, "
               "for training on patches",
       .choices = {}},
      {.name = "sizing",
       .kind = Kind::choice,
       .initial = "center",
       .help = "how a volume comes to its size: center pads or cuts around the middle; resample "
               "stretches it along every axis, linearly, labels by nearest neighbor (Lachinov et "
               "al. 2018, code)",
       .choices = {"center", "resample"}},
      {.name = "size-multiple",
       .kind = Kind::integer,
       .initial = "16",
       .help = "a fitted size is a multiple of this many voxels",
       .low = 1,
       .high = 1024,
       .choices = {}},
      {.name = "equal-axes",
       .kind = Kind::texts,
       .initial = "none",
       .help = "axes of a fitted size that share the larger value, or none (HAD-Net, official "
               "code: x z)",
       .choices = {}},
      {.name = "intensity",
       .kind = Kind::choice,
       .initial = "z-score",
       .help =
           "z-score: over the mask (HAD-Net, paper); clip-rescale: z-score, cut above clip-sigma, "
           "then to [0, 1] (HAD-Net, official code); histogram: standardized by landmarks, then "
           "z-score, "
           "over the foreground of all mask channels (U-HVED, official code); z-score-nonzero: "
           "each "
           "channel over its own non-zero voxels, zeros stay (KD-Net); none: as they are",
       .choices = {"clip-rescale", "z-score", "histogram", "z-score-nonzero", "none"}},
      {.name = "statistics",
       .kind = Kind::choice,
       .initial = "crop",
       .help = "intensity = z-score-nonzero measures in the cropped volume, or in the whole one "
               "(source)",
       .choices = {"crop", "source"}},
      {.name = "landmarks",
       .kind = Kind::text,
       .initial = "published",
       .help =
           "of intensity = histogram: published (t1, t1ce, t2 and flair of BraTS 2018, official "
           "code of U-HVED); from-train: learnt from the training cases; or each channel "
           "followed by its 13 values",
       .choices = {}},
      {.name = "clip-sigma",
       .kind = Kind::number,
       .initial = "3",
       .help = "upper limit of clip-rescale in standard deviations (HAD-Net, official code: 3)",
       .low = 0.1,
       .high = 1000,
       .choices = {}},
      {.name = "negative",
       .kind = Kind::choice,
       .initial = "keep",
       .help = "negative voxels: keep, or absolute values, with a warning (HAD-Net, official code)",
       .choices = {"absolute", "keep"}},
      {.name = "truncate",
       .kind = Kind::toggle,
       .initial = "off",
       .help = "cut off fractions of intensities before anything is measured, 0 to 65535 (HAD-Net, "
               "official code: a cast to uint16)",
       .choices = {}},
      {.name = "outside",
       .kind = Kind::choice,
       .initial = "keep",
       .help = "voxels outside the mask: keep, or zero (HAD-Net, paper)",
       .choices = {"keep", "zero"}},
      {.name = "apply-mask",
       .kind = Kind::choice,
       .initial = "never",
       .help = "when the finished image is multiplied by the mask: only augmented images (HAD-Net, "
               "official code, pre-training), always, never",
       .choices = {"augmented-only", "always", "never"}},
      {.name = "subsample",
       .kind = Kind::choice,
       .initial = "none",
       .help = "halve the finished volume: stride2 keeps every other voxel, the first one on; "
               "avgpool2 takes the mean of 2x2x2 voxels, and the first label of each (KD-Net)",
       .choices = {"none", "stride2", "avgpool2"}},
      {.name = "offsets",
       .kind = Kind::choice,
       .initial = "stored",
       .help = "way back from a mask-box: the stored box, or margins recomputed per channel, which "
               "refuses cases where the two differ (official code)",
       .choices = {"stored", "margins"}},
  };
  return keys;
}

bool is_landmark_rule(const std::string& text) {
  return text == "published" || text == "from-train";
}

std::string canonical_value(const Parameter& key, const std::string& value) {
  switch (key.kind) {
    case Kind::number:
      return exact(parse_number(trim(value)).value());
    case Kind::integer:
      return std::to_string(parse_integer(trim(value)).value());
    case Kind::numbers:
    case Kind::texts:
      return join(split_list(value), " ");
    case Kind::toggle:
    case Kind::choice:
    case Kind::text:
    case Kind::path:
      if (key.name == "landmarks" && !is_landmark_rule(trim(value)))
        return landmarks_text(parse_landmarks(value));
      return key.name == "size" ? join(split_list(value), " ") : trim(value);
  }
  return value;
}

bool is_name(const std::string& text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), plain);
}

bool is_orientation(const std::string& text) {
  if (text.size() != 3) return false;
  int axes = 0;
  for (const char c : text)
    axes |= c == 'L' || c == 'R' ? 1 : c == 'P' || c == 'A' ? 2 : c == 'S' || c == 'I' ? 4 : 8;
  return axes == 7;
}

void check_together(const Parameters& values, const Section& section) {
  const auto at = [&](const char* key) {
    for (const auto& s : section.settings)
      if (s.key == key) return s.where.empty() ? std::string("recipe") : s.where;
    return std::string("recipe");
  };
  const auto& masked = values.texts("mask-channels");
  for (const auto& channel : masked)
    if (!is_name(channel) || (channel == any_channel && masked.size() > 1))
      throw UsageError("{}: mask-channels has '{}', expected channel names, or any alone",
                       at("mask-channels"), channel);
  if (!is_name(values.text("name")))
    throw UsageError("{}: name is '{}', expected letters, digits and . _ -", at("name"),
                     values.text("name"));
  if (!is_orientation(values.text("orientation")))
    throw UsageError("{}: orientation is '{}', expected one letter each of L/R, P/A, S/I",
                     at("orientation"), values.text("orientation"));
  if (values.texts("mask-channels").empty())
    throw UsageError("{}: mask-channels is empty, expected channel names", at("mask-channels"));
  const auto size = stated_size(values);
  if (!size && values.text("crop") == "center")
    throw UsageError("{}: crop = center needs size = X Y Z (voxels), found {}", at("crop"),
                     values.text("size"));
  if (values.text("crop") == "center" && values.integer("padding") > 0)
    throw UsageError("{}: crop = center sets the size by itself, expected padding = 0",
                     at("padding"));
  if (values.text("sizing") == "resample" && (!size || values.text("crop") == "center"))
    throw UsageError(
        "{}: sizing = resample needs size = X Y Z (voxels) and another crop than center, found "
        "size = {}, crop = {}",
        at("sizing"), values.text("size"), values.text("crop"));
  if (values.text("statistics") == "source" && values.text("intensity") != "z-score-nonzero")
    throw UsageError("{}: statistics = source needs intensity = z-score-nonzero, found {}",
                     at("statistics"), values.text("intensity"));
  if (values.text("intensity") == "histogram" && values.text("landmarks") == "published")
    for (const auto& channel : values.texts("mask-channels"))
      if (!published_landmarks().contains(channel))
        throw UsageError(
            "{}: mask-channels has '{}', landmarks are published for flair, t1, t1ce and t2; "
            "landmarks = from-train learns others",
            at("mask-channels"), channel);
  if (values.toggle("truncate") && values.text("negative") == "keep")
    throw UsageError("{}: negative = keep needs truncate = off (uint16 holds no negative values)",
                     at("negative"));
  equal_axes(values);
}

}  // namespace

std::span<const Parameter> recipe_parameters() { return declared(); }

Section parse_recipe(std::string_view text, const std::string& where) {
  const Ini ini = parse_ini(text, where);
  Section section{"recipe", "", where, {}};
  for (const auto& part : ini.sections) {
    if (part.line > 0 && part.name != "recipe")
      throw UsageError("{}: section [{}], expected keys of a recipe", ini.where(part.line),
                       excerpt(part.name));
    for (const auto& [key, value, line] : part.keys)
      section.settings.push_back({key, unquoted(value, ini.where(line)), ini.where(line)});
  }
  return section;
}

Section canonical_recipe(const Section& section) {
  Section titled = section;
  if (titled.kind.empty()) titled.kind = "recipe";
  const Parameters checked(declared(), titled);
  Section all = checked.resolved();
  for (size_t i = 0; i < all.settings.size(); ++i)
    all.settings[i].value = canonical_value(declared()[i], all.settings[i].value);
  check_together(Parameters(declared(), all), all);
  return all;
}

std::optional<Size> stated_size(const Parameters& values) {
  const auto items = values.texts("size");
  if (items.size() == 1 && (items[0] == "fit" || items[0] == "any")) return std::nullopt;
  Size size{};
  bool valid = items.size() == 3;
  for (size_t a = 0; valid && a < 3; ++a) {
    const auto number = parse_integer(items[a]);
    valid = number && *number >= 1 && *number <= 4096;
    if (valid) size[a] = *number;
  }
  if (!valid)
    throw UsageError(
        "recipe: size is '{}', expected fit, any or three numbers of voxels (x y z, 1 to "
        "4096)",
        values.text("size"));
  return size;
}

std::vector<std::string> equal_axes(const Parameters& values) {
  auto axes = values.texts("equal-axes");
  if (axes.size() == 1 && axes[0] == "none") return {};
  for (const auto& axis : axes)
    if (axis != "x" && axis != "y" && axis != "z")
      throw UsageError("recipe: equal-axes has '{}', expected x, y, z or none", axis);
  return axes;
}

std::optional<LandmarkTable> stated_landmarks(const Parameters& values) {
  if (values.text("intensity") != "histogram") return LandmarkTable{};
  const std::string& text = values.text("landmarks");
  if (text == "from-train") return std::nullopt;
  return text == "published" ? published_landmarks() : parse_landmarks(text);
}

bool resamples_to_size(const Parameters& values) { return values.text("sizing") == "resample"; }

bool is_written(const Setting& setting) {
  return setting.key != "sizing" || setting.value != "center";
}

bool minimum_outside(const Parameters& values) { return values.text("intensity") == "histogram"; }

}  // namespace kdseg::prepare
