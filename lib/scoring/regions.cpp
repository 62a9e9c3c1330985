#include "scoring/regions.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::scoring {
namespace {

struct Preset {
  std::string name;
  std::vector<Region> regions;
};

// Codes of the BraTS releases (challenge papers and data pages), of nnU-Net's converted BraTS
// labels, and of MM-WHS (Zhuang & Shen 2016), whole and as the four structures of the cardiac
// adaptation literature.
const std::vector<Preset>& presets() {
  static const std::vector<Preset> all{
      {"brats", {{"WT", {1, 2, 4}}, {"TC", {1, 4}}, {"ET", {4}}}},
      {"brats2023", {{"WT", {1, 2, 3}}, {"TC", {1, 3}}, {"ET", {3}}}},
      {"brats2024", {{"WT", {1, 2, 3, 4}}, {"TC", {1, 3, 4}}, {"ET", {3}}, {"RC", {4}}}},
      {"nnunet", {{"WT", {1, 2, 3}}, {"TC", {2, 3}}, {"ET", {3}}}},
      {"mmwhs",
       {{"MYO", {205}},
        {"LA", {420}},
        {"LV", {500}},
        {"RA", {550}},
        {"RV", {600}},
        {"AA", {820}},
        {"PA", {850}}}},
      {"mmwhs4", {{"MYO", {1}}, {"LAC", {2}}, {"LVC", {3}}, {"AA", {4}}}}};
  return all;
}

std::vector<int> codes_of(const std::vector<Region>& regions) {
  std::vector<int> codes{0};
  for (const Region& region : regions)
    codes.insert(codes.end(), region.codes.begin(), region.codes.end());
  std::sort(codes.begin(), codes.end());
  codes.erase(std::unique(codes.begin(), codes.end()), codes.end());
  return codes;
}

Region parse_region(const std::string& text) {
  const size_t equals = text.find('=');
  Region region{trim(text.substr(0, equals)), {}};
  if (region.name.empty()) throw UsageError("--regions {}: a name is missing before '='", text);
  for (const auto& item : split_list(text.substr(equals + 1))) {
    const auto code = parse_integer(item);
    if (!code) throw UsageError("--regions {}: '{}' is not a label code", text, item);
    if (*code == 0) throw UsageError("--regions {}: code 0 is the background", text);
    region.codes.push_back(static_cast<int>(*code));
  }
  if (region.codes.empty()) throw UsageError("--regions {}: no label code after '='", text);
  return region;
}

bool holds(std::span<const int> codes, int code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

}  // namespace

const std::vector<std::string>& preset_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> found;
    for (const Preset& preset : presets()) found.push_back(preset.name);
    return found;
  }();
  return names;
}

RegionSet parse_regions(std::span<const std::string> texts) {
  RegionSet set;
  for (const auto& text : texts) {
    if (text.find('=') == std::string::npos) {
      const auto name = trim(text);
      const auto& all = presets();
      const auto found =
          std::find_if(all.begin(), all.end(), [&](const Preset& p) { return p.name == name; });
      if (found == all.end())
        throw UsageError("--regions {}: neither a preset nor NAME=CODE,CODE{}", name,
                         did_you_mean(name, preset_names()));
      if (texts.size() > 1)
        throw UsageError("--regions {}: a preset stands alone; give NAME=CODE,CODE for others",
                         name);
      return {found->regions, codes_of(found->regions), false, "preset " + name};
    }
    auto region = parse_region(text);
    for (const Region& other : set.regions)
      if (other.name == region.name) throw UsageError("--regions: {} is given twice", region.name);
    set.regions.push_back(std::move(region));
  }
  set.codes = codes_of(set.regions);
  set.open = true;
  set.origin = "--regions";
  return set;
}

RegionSet regions_of_classes(const ClassTable& classes, const std::vector<Region>& regions) {
  RegionSet set{regions, classes.codes, false, "the files"};
  if (set.regions.empty())
    for (size_t i = 1; i < classes.codes.size(); ++i)
      set.regions.push_back({classes.names[i], {classes.codes[i]}});
  return set;
}

RegionSet regions_of_codes(std::vector<int> codes) {
  RegionSet set;
  std::sort(codes.begin(), codes.end());
  for (const int code : codes)
    if (code != 0) set.regions.push_back({std::to_string(code), {code}});
  set.codes = codes_of(set.regions);
  set.origin = "the codes of the references";
  return set;
}

void check_codes(const RegionSet& set, std::span<const int> prediction,
                 std::span<const int> reference) {
  for (const auto& [name, codes] : {std::pair{"reference", reference}, {"prediction", prediction}})
    for (const int code : codes) {
      if (code == 0 || holds(set.codes, code)) continue;
      if (set.open && holds(reference, code)) continue;
      throw DataError("the {} has label {}; known by {}: {}; choose other --regions", name, code,
                      set.origin, fmt::format("{}", fmt::join(set.codes, " ")));
    }
}

}  // namespace kdseg::scoring
