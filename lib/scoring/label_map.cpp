#include "scoring/label_map.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <utility>
#include <variant>

#include "base/errors.h"
#include "base/log.h"
#include "image/scan.h"
#include "intake/intake.h"
#include "intake/label_codes.h"
#include "io/tree.h"
#include "io/volume_file.h"
#include "io/voxel_arrays.h"
#include "voxels/chain.h"

namespace kdseg::scoring {
namespace {

bool is_hdf5(const std::string& path) { return path.ends_with(".h5") || path.ends_with(".hdf5"); }

/// Voxels that are not 0 in t1, as the challenges define the brain; in some channel without t1.
Labels content_mask(const Image& image) {
  Labels mask{image.grid, std::vector<uint8_t>(static_cast<size_t>(image.grid.voxel_count()))};
  const auto& names = image.channels;
  const auto t1 = static_cast<size_t>(std::find(names.begin(), names.end(), "t1") - names.begin());
  const bool has_t1 = t1 < names.size();
  for (size_t c = has_t1 ? t1 : 0; c < (has_t1 ? t1 + 1 : names.size()); ++c)
    for (size_t i = 0; i < mask.voxels.size(); ++i)
      mask.voxels[i] |= static_cast<uint8_t>(image.channel(c)[i] != 0);
  return mask;
}

LabelMap from_volume(const std::string& path, bool with_brain, CountedOn on) {
  auto volume = io::read_volume_header(path);
  if (!volume.data.label) throw DataError("{}: the volume has no labels to score against", path);
  if (on == CountedOn::stored)
    volume.chain = {volume.data.image.grid, {}};
  else if (volume.recipe_id != "source")
    log::warning("{}: prepared by a recipe; labels that it cut away are not counted", path);
  // Images are most of the file: read only where the brain must be found in them.
  const bool search_brain = with_brain && !volume.data.brain && volume.recipe_id == "source";
  std::vector<std::string> wanted{"/label", "/brain"};
  if (search_brain) wanted.push_back("/image");
  auto tree = io::read_tree(path, "volume", wanted);
  const Grid& grid = volume.data.image.grid;
  LabelMap map;
  map.file = path;
  map.case_id = volume.data.id;
  map.codes = volume.data.classes.codes;
  map.regions = regions_of_classes(volume.data.classes, volume.data.regions);
  map.labels =
      voxels::restore(volume.chain, io::labels_from_array(tree, "/label", grid, map.codes.size()));
  if (with_brain && volume.data.brain)
    map.brain =
        voxels::restore(volume.chain, io::labels_from_array(tree, "/brain", grid, 0)).voxels;
  if (search_brain)
    map.brain =
        voxels::restore(volume.chain, content_mask(io::image_from_array(
                                          tree, "/image", grid, volume.data.image.channels)))
            .voxels;
  return map;
}

LabelMap from_prediction(const std::string& path, const io::Prediction& prediction) {
  LabelMap map;
  map.file = path;
  map.case_id = prediction.case_id;
  map.codes = prediction.classes.codes;
  map.regions = regions_of_classes(prediction.classes, prediction.regions);
  map.labels = voxels::restore(prediction.chain, prediction.label);
  return map;
}

/// NaN voxels count as background where that is said.
std::variant<image::CodeScan, image::Scan> read_codes(const std::string& path, bool nan_is_zero) {
  auto read =
      image::read_codes(path, nan_is_zero ? image::NanVoxels::kept : image::NanVoxels::refused);
  auto* scan = std::get_if<image::Scan>(&read);
  if (!scan || scan->nan_voxels == 0) return read;
  log::warning("{}: {} of {} voxels are NaN and count as background", path, scan->nan_voxels,
               scan->image.voxels.size());
  for (float& v : scan->image.voxels)
    if (std::isnan(v)) v = 0;
  return read;
}

[[noreturn]] void no_label(const std::string& path, float value) {
  throw DataError("{}: voxel {:g} is no label; whole numbers are expected", path, value);
}

/// Turns codes into indices of `codes`, which holds 0 and what else occurs. Most of a label scan is
/// 0, which both passes step over.
void index_codes(std::vector<uint8_t>& voxels, std::vector<int>& codes) {
  const auto visit = [&](auto&& work) {
    size_t i = 0;
    for (uint64_t eight = 0; i + 8 <= voxels.size(); i += 8) {
      std::memcpy(&eight, voxels.data() + i, 8);
      if (eight == 0) continue;
      for (size_t k = i; k < i + 8; ++k) work(voxels[k]);
    }
    for (; i < voxels.size(); ++i) work(voxels[i]);
  };
  std::array<bool, 256> found{};
  visit([&](uint8_t code) { found[code] = true; });
  std::array<uint8_t, 256> index{};
  codes = {0};
  for (int code = 1; code < 256; ++code)
    if (found[static_cast<size_t>(code)]) {
      index[static_cast<size_t>(code)] = static_cast<uint8_t>(codes.size());
      codes.push_back(code);
    }
  visit([&](uint8_t& voxel) { voxel = index[voxel]; });
}

LabelMap from_codes(const std::string& path, image::CodeScan scan) {
  LabelMap map;
  map.file = path;
  map.part = scan.segmentation;
  map.labels = {scan.grid, std::move(scan.codes)};
  index_codes(map.labels.voxels, map.codes);
  return map;
}

LabelMap from_scan(const std::string& path, bool nan_is_zero) {
  auto read = read_codes(path, nan_is_zero);
  std::visit([&path](const auto& scan) { intake::note_header(path, scan); }, read);
  if (auto* codes = std::get_if<image::CodeScan>(&read)) return from_codes(path, std::move(*codes));
  const auto& scan = std::get<image::Scan>(read);
  LabelMap map;
  map.file = path;
  map.codes = {0};
  map.part = scan.segmentation;
  map.labels.grid = scan.image.grid;
  map.labels.voxels.resize(scan.image.voxels.size());
  std::map<float, uint8_t> known{{0.0f, 0}};
  float last = 0;
  uint8_t index = 0;
  for (size_t i = 0; i < scan.image.voxels.size(); ++i) {
    const float value = scan.image.voxels[i];
    if (value != last) {
      auto found = known.find(value);
      if (found == known.end()) {
        const auto code = intake::whole_code(value);
        if (!code || std::abs(*code) > 1000000) no_label(path, value);
        auto place = std::find(map.codes.begin(), map.codes.end(), *code);
        if (place == map.codes.end()) {
          if (map.codes.size() == 256)
            throw DataError("{}: more than 256 different values: not a label map", path);
          place = map.codes.insert(place, *code);
        }
        found = known.emplace(value, static_cast<uint8_t>(place - map.codes.begin())).first;
      }
      last = value;
      index = found->second;
    }
    map.labels.voxels[i] = index;
  }
  return map;
}

/// A prediction whose own grid passes for the scan's where that is counted on.
io::Prediction read_on(const std::string& path, bool with_probability, CountedOn on) {
  auto prediction = io::read_prediction(path, with_probability);
  if (on == CountedOn::stored) prediction.chain = {prediction.label.grid, {}};
  return prediction;
}

std::string checked_schema(const std::string& path) {
  const auto schema = io::schema_of(path);
  if (schema != "volume" && schema != "prediction")
    throw DataError("{}: a case volume or a prediction is expected, found {}", path,
                    schema.empty() ? std::string("another kind of file") : schema);
  return schema;
}

}  // namespace

LabelMap read_label_map(const std::string& path, bool with_brain, CountedOn grid,
                        bool nan_is_zero) {
  if (!is_hdf5(path)) return from_scan(path, nan_is_zero);
  if (checked_schema(path) == "volume") return from_volume(path, with_brain, grid);
  return from_prediction(path, read_on(path, false, grid));
}

PredictedMap read_predicted_map(const std::string& path, bool with_probability, CountedOn grid,
                                bool nan_is_zero) {
  if (!is_hdf5(path) || checked_schema(path) == "volume")
    return {read_label_map(path, false, grid, nan_is_zero), {}};
  auto prediction = read_on(path, with_probability, grid);
  PredictedMap found{from_prediction(path, prediction), {}};
  if (prediction.probability || prediction.uncertainty) found.source = std::move(prediction);
  return found;
}

Labels read_mask(const std::string& path, bool nan_is_zero) {
  auto read = read_codes(path, nan_is_zero);
  if (auto* scan = std::get_if<image::CodeScan>(&read)) {
    for (uint8_t& voxel : scan->codes) voxel = voxel != 0;
    return {scan->grid, std::move(scan->codes)};
  }
  const auto& scan = std::get<image::Scan>(read);
  Labels mask{scan.image.grid, std::vector<uint8_t>(scan.image.voxels.size())};
  std::transform(scan.image.voxels.begin(), scan.image.voxels.end(), mask.voxels.begin(),
                 [&](float v) {
                   const auto code = intake::whole_code(v);
                   if (!code) no_label(path, v);
                   return static_cast<uint8_t>(*code != 0);
                 });
  return mask;
}

std::vector<float> region_probability(const io::Prediction& prediction, const Region& region) {
  const Head& head = prediction.head;
  const auto codes_of = [&](const std::vector<int>& classes) {
    std::vector<int> codes;
    for (const int index : classes) codes.push_back(head.codes.at(static_cast<size_t>(index)));
    std::sort(codes.begin(), codes.end());
    return codes;
  };
  auto wanted = region.codes;
  std::sort(wanted.begin(), wanted.end());
  std::vector<size_t> channels;
  for (size_t k = 0; k < head.classes_of.size(); ++k) {
    const auto codes = codes_of(head.classes_of[k]);
    const bool taken =
        head.kind == Head::Kind::sigmoid
            ? codes == wanted
            : std::includes(wanted.begin(), wanted.end(), codes.begin(), codes.end());
    if (taken) channels.push_back(k);
  }
  if (channels.empty())
    throw DataError("no probability channel for region {}; leave ap and dice_best out of --metrics",
                    region.name);
  const Image& all = *prediction.probability;
  const auto count = static_cast<size_t>(all.grid.voxel_count());
  Image sum{all.grid, {region.name}, std::vector<float>(count)};
  for (const size_t k : channels) {
    const float* channel = all.channel(k);
    for (size_t i = 0; i < count; ++i) sum.voxels[i] += channel[i];
  }
  return voxels::restore(prediction.chain, sum, {0.0f}).voxels;
}

std::optional<RegionSet> described_regions(const std::string& path) {
  if (path.empty() || !is_hdf5(path)) return std::nullopt;
  if (checked_schema(path) == "volume") {
    const auto volume = io::read_volume_header(path);
    if (volume.data.classes.codes.empty()) return std::nullopt;
    return regions_of_classes(volume.data.classes, volume.data.regions);
  }
  const auto prediction = io::read_prediction(path, false);
  return regions_of_classes(prediction.classes, prediction.regions);
}

}  // namespace kdseg::scoring
