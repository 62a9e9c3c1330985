#include "prepare/recipe_text.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "base/errors.h"
#include "base/ini.h"
#include "base/text.h"

namespace kdseg::prepare {
namespace {

using Kind = Parameter::Kind;

bool is_landmark_rule(const std::string& text) {
  return text == "published" || text == "from-train";
}

/// Keys of kind text that hold several words.
bool is_list(const std::string& key) {
  return key == "size" || key == "spacing" || key == "crop-size" || key == "slice-size";
}

/// Keys that came after recipes were stored. Where they change nothing they are not written, so
/// that recipes of before keep their text and id.
bool came_later(const std::string& key) {
  static const std::set<std::string> keys{
      "sizing",    "spacing",         "crop-source", "crop-factor", "crop-slices",
      "crop-size", "clip-percentile", "ranges",      "slice-size",  "widening"};
  return keys.contains(key);
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
      if (key.name == "ranges" && trim(value) != "fit") return ranges_text(parse_ranges(value));
      return is_list(key.name) ? join(split_list(value), " ") : trim(value);
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

bool is_initial(const std::string& key, const Parameters& values) {
  for (const auto& setting : values.resolved().settings)
    if (setting.key == key) return !is_written(setting);
  return true;
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
  const bool squares = values.text("crop") == "labels";
  const bool centered = values.text("crop-source") != "label";
  for (const char* key : {"crop-source", "crop-factor", "crop-slices", "crop-size"})
    if (!squares && !is_initial(key, values))
      throw UsageError("{}: {} needs crop = labels, found {}", at(key), key, values.text("crop"));
  if (squares && centered != crop_size(values).has_value())
    throw UsageError("{}: crop-source = {} {} crop-size = SIDE SLICES (voxels), found {}",
                     at("crop-size"), values.text("crop-source"),
                     centered ? "needs" : "has no use for", values.text("crop-size"));
  for (const char* key : {"clip-percentile", "ranges"})
    if (values.text("intensity") != "range" && !is_initial(key, values))
      throw UsageError("{}: {} needs intensity = range, found {}", at(key), key,
                       values.text("intensity"));
  if (slice_size(values) && (size || values.text("size") == "fit"))
    throw UsageError("{}: slice-size leaves z as it is and needs size = any, found {}",
                     at("slice-size"), values.text("size"));
  if (slice_size(values) && values.text("subsample") != "none")
    throw UsageError("{}: slice-size needs subsample = none, found {}", at("slice-size"),
                     values.text("subsample"));
  if (stated_spacing(values) &&
      (values.text("crop") == "center" || values.text("crop") == "content"))
    throw UsageError("{}: spacing needs crop = labels, mask-box or none, found {}", at("spacing"),
                     values.text("crop"));
  if (values.toggle("truncate") && values.text("negative") == "keep")
    throw UsageError("{}: negative = keep needs truncate = off (uint16 holds no negative values)",
                     at("negative"));
  equal_axes(values);
}

}  // namespace

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
  const Parameters checked(recipe_parameters(), titled);
  Section all = checked.resolved();
  for (size_t i = 0; i < all.settings.size(); ++i)
    all.settings[i].value = canonical_value(recipe_parameters()[i], all.settings[i].value);
  check_together(Parameters(recipe_parameters(), all), all);
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

namespace {

/// `count` numbers from low to high, or nullopt for `word`.
std::optional<std::vector<double>> numbers_or(const Parameters& values, const char* key,
                                              const char* word, size_t count, double low,
                                              double high, bool whole) {
  const auto items = values.texts(key);
  if (items.size() == 1 && items[0] == word) return std::nullopt;
  std::vector<double> numbers;
  for (const auto& item : items)
    if (const auto number = parse_number(item);
        number && *number >= low && *number <= high && (!whole || *number == std::floor(*number)))
      numbers.push_back(*number);
  if (items.size() != count || numbers.size() != count)
    throw UsageError("recipe: {} is '{}', expected {} or {} {}numbers from {} to {}", key,
                     values.text(key), word, count, whole ? "whole " : "", exact(low), exact(high));
  return numbers;
}

std::optional<std::array<int64_t, 2>> pair_of(const Parameters& values, const char* key,
                                              const char* word) {
  const auto voxels = numbers_or(values, key, word, 2, 1, 4096, true);
  if (!voxels) return std::nullopt;
  return std::array<int64_t, 2>{static_cast<int64_t>((*voxels)[0]),
                                static_cast<int64_t>((*voxels)[1])};
}

}  // namespace

std::optional<std::array<double, 3>> stated_spacing(const Parameters& values) {
  const auto mm = numbers_or(values, "spacing", "keep", 3, 0.05, 50, false);
  if (!mm) return std::nullopt;
  return std::array<double, 3>{(*mm)[0], (*mm)[1], (*mm)[2]};
}

std::optional<std::array<int64_t, 2>> crop_size(const Parameters& values) {
  return pair_of(values, "crop-size", "none");
}

std::optional<std::array<int64_t, 2>> slice_size(const Parameters& values) {
  return pair_of(values, "slice-size", "keep");
}

RangeTable parse_ranges(const std::string& text) {
  const auto items = split_list(text);
  RangeTable table;
  for (size_t i = 0; i + 2 < items.size(); i += 3) {
    const auto low = parse_number(items[i + 1]), high = parse_number(items[i + 2]);
    if (!low || !high || !(*low < *high) || !table.emplace(items[i], std::pair(*low, *high)).second)
      throw UsageError(
          "recipe: ranges of channel '{}' are '{} {}', expected each channel once, then its low "
          "and high end",
          items[i], items[i + 1], items[i + 2]);
  }
  if (items.empty() || items.size() % 3 != 0)
    throw UsageError("recipe: ranges is '{}', expected fit, or each channel and two numbers", text);
  return table;
}

std::string ranges_text(const RangeTable& table) {
  std::vector<std::string> items;
  for (const auto& [channel, range] : table)
    items.insert(items.end(), {channel, exact(range.first), exact(range.second)});
  return join(items, " ");
}

std::optional<RangeTable> stated_ranges(const Parameters& values) {
  if (values.text("intensity") != "range") return RangeTable{};
  if (values.text("ranges") == "fit") return std::nullopt;
  return parse_ranges(values.text("ranges"));
}

bool is_written(const Setting& setting) {
  if (!came_later(setting.key)) return true;
  for (const auto& key : recipe_parameters())
    if (key.name == setting.key) return setting.value != key.initial;
  return true;
}

bool minimum_outside(const Parameters& values) {
  return values.text("intensity") == "histogram" || values.text("intensity") == "range";
}

}  // namespace kdseg::prepare
