#include "intake/label_codes.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::intake {
namespace {

/// Enough of what is wrong in a file for a message; beyond it voxels are not counted on.
constexpr size_t most_told = 4096;

template <typename Key>
std::string count_text(const std::map<Key, int64_t>& counts) {
  std::vector<std::string> items;
  for (const auto& [value, voxels] : counts) {
    if (items.size() == 8) {
      items.push_back("...");
      break;
    }
    items.push_back(fmt::format("{} ({} voxels)", value, voxels));
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
  struct Found {
    int64_t voxels = 0;
    std::optional<uint8_t> index;
  };
  const auto meant = [&](int code) {
    for (const auto& [stored, means] : meaning.aliases)
      if (code == stored) return means;
    return code;
  };
  std::map<std::string, int64_t> fractional;
  std::map<int, Found> codes;
  std::vector<uint8_t> out(values.size());
  // Label scans hold long runs of equal values, so the last one's class is kept at hand.
  std::optional<float> last;
  Found* found = nullptr;
  size_t end = 0;  // of the run of equal values that begins at i
  for (size_t i = 0; i < values.size(); i = end) {
    end = i + 1;
    if (values[i] != last) {
      const auto whole = whole_code(values[i]);
      if (!whole) {
        ++fractional[fmt::format("{:g}", values[i])];
        if (fractional.size() > most_told) break;
        continue;
      }
      const auto [place, added] = codes.try_emplace(*whole);
      found = &place->second;
      last = values[i];
      if (added) found->index = class_of(meant(*whole), meaning.classes);
      if (codes.size() > most_told) break;
    }
    while (end < values.size() && values[end] == values[i]) ++end;
    found->voxels += static_cast<int64_t>(end - i);
    std::fill(out.begin() + static_cast<int64_t>(i), out.begin() + static_cast<int64_t>(end),
              found->index.value_or(0));
  }
  if (!fractional.empty())
    throw DataError(
        "{}: label values that are no whole numbers: {}; is it a label file, saved "
        "without interpolation?",
        name, count_text(fractional));
  std::map<int, int64_t> unknown;
  for (const auto& [code, own] : codes)
    if (!own.index) unknown[code] = own.voxels;
  if (!unknown.empty()) {
    std::vector<std::string> known;
    for (const int code : meaning.classes.codes) known.push_back(std::to_string(code));
    throw DataError("{}: unknown label codes {}; known: {}", name, count_text(unknown),
                    join(known, " "));
  }
  for (const auto& [code, own] : codes)
    if (const int means = meant(code); means != code)
      notes.push_back(
          fmt::format("{}: code {} read as {} ({} voxels)", name, code, means, own.voxels));
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
