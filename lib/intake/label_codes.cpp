#include "intake/label_codes.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::intake {
namespace {

/// Voxels per value; label scans hold long runs of equal values, so the last one is kept at hand.
std::map<float, int64_t> count_values(const std::vector<float>& values) {
  std::map<float, int64_t> counts;
  auto last = counts.end();
  for (const float value : values) {
    if (last == counts.end() || last->first != value) last = counts.try_emplace(value, 0).first;
    ++last->second;
    if (counts.size() > 4096) break;  // an image, not a label: the check below says so
  }
  return counts;
}

std::string count_text(const std::map<float, int64_t>& counts) {
  std::vector<std::string> items;
  for (const auto& [value, voxels] : counts) {
    if (items.size() == 8) {
      items.push_back("...");
      break;
    }
    items.push_back(fmt::format("{:g} ({} voxels)", value, voxels));
  }
  return join(items);
}

std::optional<uint8_t> class_of(int code, const ClassTable& table) {
  const auto found = std::find(table.codes.begin(), table.codes.end(), code);
  if (found == table.codes.end()) return std::nullopt;
  return static_cast<uint8_t>(found - table.codes.begin());
}

}  // namespace

std::optional<int> whole_code(float value) {
  const float whole = std::round(value);
  if (!(std::abs(value - whole) <= 0.01f) || std::abs(whole) > 1e9f) return std::nullopt;
  return static_cast<int>(whole);
}

std::vector<uint8_t> classes_from_codes(const std::string& name, const std::vector<float>& values,
                                        const LabelMeaning& meaning,
                                        std::vector<std::string>& notes) {
  std::map<float, int64_t> fractional, unknown;
  std::map<float, uint8_t> classes;
  for (const auto& [value, voxels] : count_values(values)) {
    const auto whole = whole_code(value);
    if (!whole) {
      fractional[value] = voxels;
      continue;
    }
    int code = *whole;
    for (const auto& [stored, meant] : meaning.aliases)
      if (code == stored) {
        notes.push_back(
            fmt::format("{}: code {} read as {} ({} voxels)", name, stored, meant, voxels));
        code = meant;
        break;
      }
    if (const auto index = class_of(code, meaning.classes))
      classes[value] = *index;
    else
      unknown[value] = voxels;
  }
  if (!fractional.empty())
    throw DataError(
        "{}: label values that are no whole numbers: {}; is it a label file, saved "
        "without interpolation?",
        name, count_text(fractional));
  if (!unknown.empty()) {
    std::vector<std::string> known;
    for (const int code : meaning.classes.codes) known.push_back(std::to_string(code));
    throw DataError("{}: unknown label codes {}; known: {}", name, count_text(unknown),
                    join(known, " "));
  }
  std::vector<uint8_t> out(values.size());
  auto last = classes.end();
  for (size_t i = 0; i < values.size(); ++i) {
    if (last == classes.end() || last->first != values[i]) last = classes.find(values[i]);
    out[i] = last->second;
  }
  return out;
}

std::vector<int> codes_from_classes(const std::string& name, const std::vector<uint8_t>& classes,
                                    const ClassTable& table) {
  std::vector<int> out(classes.size());
  for (size_t i = 0; i < classes.size(); ++i) {
    if (classes[i] >= table.codes.size())
      throw DataError("{}: class index {}, but only {} classes are named", name, classes[i],
                      table.codes.size());
    out[i] = table.codes[classes[i]];
  }
  return out;
}

}  // namespace kdseg::intake
