#include "infer/postprocess.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"
#include "voxels/components.h"

namespace kdseg::infer {
namespace {

/// Class indices that the region's codes stand for.
std::vector<bool> classes_in(const std::string& name, const ClassTable& classes,
                             const std::vector<Region>& regions) {
  std::vector<std::string> known;
  for (const auto& region : regions) {
    known.push_back(region.name);
    if (region.name != name) continue;
    std::vector<bool> inside(classes.codes.size());
    for (size_t c = 0; c < inside.size(); ++c)
      inside[c] = std::find(region.codes.begin(), region.codes.end(), classes.codes[c]) !=
                  region.codes.end();
    return inside;
  }
  throw UsageError("--least-region: no region '{}'{}", name, did_you_mean(name, known));
}

uint8_t class_named(const std::string& name, const ClassTable& classes) {
  const auto found = std::find(classes.names.begin(), classes.names.end(), name);
  if (found == classes.names.end())
    throw UsageError("--least-region: no class '{}'{}", name, did_you_mean(name, classes.names));
  return static_cast<uint8_t>(found - classes.names.begin());
}

void drop_small_components(Labels& label, double fraction) {
  const auto found = voxels::connected_components(label.grid.size, label.voxels);
  int64_t foreground = 0;
  for (int32_t c = 1; c <= found.count; ++c) foreground += found.voxels[static_cast<size_t>(c)];
  for (size_t i = 0; i < label.voxels.size(); ++i) {
    const auto c = static_cast<size_t>(found.label[i]);
    if (c > 0 && static_cast<double>(found.voxels[c]) < fraction * static_cast<double>(foreground))
      label.voxels[i] = 0;
  }
}

}  // namespace

LeastRegion parse_least_region(const std::string& text) {
  const auto equals = text.find('='), colon = text.find(':', equals);
  LeastRegion least;
  least.region = trim(text.substr(0, equals));
  least.voxels = equals == std::string::npos
                     ? 0
                     : parse_integer(trim(text.substr(equals + 1, colon - equals - 1))).value_or(0);
  if (least.region.empty() || least.voxels < 1)
    throw UsageError(
        "--least-region {}: expected REGION=VOXELS or REGION=VOXELS:CLASS, as in "
        "ET=33:NCR",
        text);
  if (colon != std::string::npos) least.otherwise = trim(text.substr(colon + 1));
  return least;
}

void postprocess(Labels& label, const ClassTable& classes, const std::vector<Region>& regions,
                 const Postprocessing& rules) {
  for (const auto& rule : rules.regions) {
    const auto inside = classes_in(rule.region, classes, regions);
    const uint8_t otherwise = class_named(rule.otherwise, classes);
    const auto voxels = std::count_if(label.voxels.begin(), label.voxels.end(),
                                      [&](uint8_t c) { return inside[c]; });
    if (voxels == 0 || voxels >= rule.voxels) continue;
    for (auto& c : label.voxels)
      if (inside[c]) c = otherwise;
  }
  if (rules.least_component > 0) drop_small_components(label, rules.least_component);
}

}  // namespace kdseg::infer
