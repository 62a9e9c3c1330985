#include "scoring/uncertainty_maps.h"

#include <algorithm>

#include "base/errors.h"
#include "image/scan.h"
#include "intake/common_grid.h"
#include "voxels/chain.h"

namespace kdseg::scoring {
namespace {

bool is_hdf5(const std::string& path) { return path.ends_with(".h5") || path.ends_with(".hdf5"); }

void check_values(const std::vector<float>& values) {
  const auto wrong = std::find_if(values.begin(), values.end(),
                                  [](float u) { return !(u >= -1e-3f && u <= 100.001f); });
  if (wrong != values.end()) throw DataError("uncertainty {:g} is outside 0..100", *wrong);
}

Image channel_of(const Image& all, size_t channel) {
  const float* begin = all.channel(channel);
  return {all.grid, {all.channels[channel]}, {begin, begin + all.grid.voxel_count()}};
}

}  // namespace

UncertaintyMaps::UncertaintyMaps(const Pair& pair, const std::optional<io::Prediction>& own)
    : pair_(pair) {
  if (is_hdf5(pair.uncertainty)) {
    loaded_ = io::read_prediction(pair.uncertainty, false);
    if (!loaded_->uncertainty) throw DataError("{}: holds no /uncertainty", pair.uncertainty);
    source_ = &*loaded_;
  } else if (pair.uncertainty.empty() && pair.uncertainty_of.empty() && own && own->uncertainty) {
    source_ = &*own;
  }
}

bool UncertaintyMaps::empty() const {
  return !source_ && pair_.uncertainty.empty() && pair_.uncertainty_of.empty();
}

std::optional<std::vector<float>> UncertaintyMaps::of(const Region& region, bool only_region,
                                                      const Grid& reference,
                                                      bool ignore_geometry) const {
  std::string file;
  if (const auto named = pair_.uncertainty_of.find(region.name);
      named != pair_.uncertainty_of.end())
    file = named->second;
  else if (!source_ && pair_.uncertainty_of.empty())
    file = pair_.uncertainty;
  if (file == pair_.uncertainty && !only_region && !file.empty())
    throw DataError(
        "{}: one map without a name, but several regions are scored; name the files "
        "<case>_<region>.nii.gz, or give a prediction file with /uncertainty",
        file);
  Image map;
  if (!file.empty()) {
    map = image::read_scan(file).image;
    check_values(map.voxels);
  } else if (source_) {
    const auto& names = source_->uncertainty->channels;
    const auto found = std::find(names.begin(), names.end(), region.name);
    if (found == names.end()) return std::nullopt;
    map = channel_of(*source_->uncertainty, static_cast<size_t>(found - names.begin()));
    check_values(map.voxels);
    map = voxels::restore(source_->chain, map, {0.0f});
  } else {
    return std::nullopt;
  }
  const auto laid =
      intake::lay_over("the uncertainty", map.grid, "the reference", reference, ignore_geometry);
  for (const Step& step : laid.steps) map = voxels::apply(map, step);
  return std::move(map.voxels);
}

}  // namespace kdseg::scoring
