#include <algorithm>
#include <cmath>
#include <filesystem>
#include <optional>
#include <set>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "image/scan.h"
#include "intake/annotation.h"
#include "intake/intake.h"
#include "intake/label_codes.h"
#include "voxels/chain.h"

namespace kdseg::intake {
namespace {

std::string name_of(const std::string& path) {
  const std::filesystem::path p(path);
  // A DICOM folder may be given with a slash behind it.
  return (p.has_filename() ? p.filename() : p.parent_path().filename()).string();
}

std::string shape_of(const Grid& grid) {
  return fmt::format("{}x{}x{}", grid.size[0], grid.size[1], grid.size[2]);
}

/// The files of a case as they lie on disk.
struct Scans {
  std::vector<image::Scan> images;
  std::optional<image::Scan> label;
  Grid grid;  ///< of the file whose header is trusted
};

/// The greatest differences between two headers, for people.
std::string header_difference(const Grid& found, const Grid& trusted) {
  double origin = 0, spacing = 0, direction = 0;
  for (int i = 0; i < 3; ++i) {
    origin = std::max(origin, std::abs(found.origin_mm[i] - trusted.origin_mm[i]));
    spacing = std::max(spacing, std::abs(found.spacing_mm[i] - trusted.spacing_mm[i]));
  }
  for (int i = 0; i < 9; ++i)
    direction = std::max(direction, std::abs(found.direction[i] - trusted.direction[i]));
  return fmt::format("origin by {:.4g} mm, spacing by {:.4g} mm, direction by {:.4g}", origin,
                     spacing, direction);
}

/// Requires equal shapes; where headers differ, the trusted one counts for all.
void settle_grid(const CaseFiles& files, Scans& scans, std::vector<std::string>& notes) {
  size_t trusted = 0;
  for (size_t c = 0; c < files.images.size(); ++c)
    if (files.images[c].first == (files.header_authority.empty() ? "t1" : files.header_authority))
      trusted = c;
  scans.grid = scans.images[trusted].image.grid;
  const std::string& reference = files.images[trusted].second;
  std::vector<std::string> different;
  const auto compare = [&](const std::string& path, const Grid& grid) {
    if (grid.size != scans.grid.size)
      throw DataError("{} has {} voxels, {} has {}; all scans of a case must share one grid", path,
                      shape_of(grid), reference, shape_of(scans.grid));
    if (!same_grid(grid, scans.grid))
      different.push_back(
          fmt::format("{} ({})", name_of(path), header_difference(grid, scans.grid)));
  };
  for (size_t c = 0; c < files.images.size(); ++c)
    compare(files.images[c].second, scans.images[c].image.grid);
  if (scans.label) compare(files.label, scans.label->image.grid);
  if (!different.empty())
    notes.push_back(fmt::format("headers differ from {}, whose geometry is used: {}",
                                name_of(reference), join(different, "; ")));
}

Scans read_scans(const CaseFiles& files, std::vector<std::string>& notes) {
  Scans scans;
  for (const auto& [channel, path] : files.images) scans.images.push_back(image::read_scan(path));
  if (!files.label.empty() && !is_prediction(files.label))
    scans.label = image::read_scan(files.label);
  settle_grid(files, scans, notes);
  return scans;
}

struct Range {
  float low = 0, high = 0;
  int64_t negative = 0, set = 0;
};

Range range_of(const std::vector<float>& voxels) {
  Range range{voxels.front(), voxels.front()};
  for (const float v : voxels) {
    range.low = std::min(range.low, v);
    range.high = std::max(range.high, v);
    range.negative += v < 0;
    range.set += v != 0;
  }
  return range;
}

/// Whether the scan has values below 0 and less than half of its border is 0: a CT in HU, where 0
/// is water and nothing marks the background.
bool negative_background(const Grid& grid, const std::vector<float>& voxels, float low) {
  if (low >= 0) return false;
  const auto& n = grid.size;
  int64_t border = 0, zeros = 0;
  size_t i = 0;
  for (int64_t z = 0; z < n[2]; ++z)
    for (int64_t y = 0; y < n[1]; ++y) {
      const bool edge = z == 0 || z == n[2] - 1 || y == 0 || y == n[1] - 1;
      for (int64_t x = 0; x < n[0]; ++x, ++i)
        if (edge || x == 0 || x == n[0] - 1) {
          ++border;
          zeros += voxels[i] == 0;
        }
    }
  return 2 * zeros < border;
}

/// The value that 99.5 % of the non-zero voxels do not exceed.
float upper_value(const std::vector<float>& voxels) {
  std::vector<float> set;
  std::copy_if(voxels.begin(), voxels.end(), std::back_inserter(set),
               [](float v) { return v != 0; });
  const auto place =
      set.begin() + static_cast<int64_t>(0.995 * static_cast<double>(set.size() - 1));
  std::nth_element(set.begin(), place, set.end());
  return *place;
}

/// What is odd about the intensities, without changing any; `keep_whole` tells that cutting to the
/// non-zero box would cut air away as if it were background.
void inspect(const CaseFiles& files, const Scans& scans, std::vector<std::string>& notes,
             bool& keep_whole) {
  constexpr float extreme = 4.0f;  // BraTS has maxima at 5 times the value that 99.5 % stay below
  std::vector<std::string> negative, bright, constant;
  bool empty = true;
  for (size_t c = 0; c < scans.images.size(); ++c) {
    const std::vector<float>& voxels = scans.images[c].image.voxels;
    const std::string& channel = files.images[c].first;
    const Range range = range_of(voxels);
    empty = empty && range.set == 0;
    if (range.low == range.high) constant.push_back(channel);
    if (range.set == 0) continue;
    if (negative_background(scans.grid, voxels, range.low)) {
      keep_whole = true;
      continue;
    }
    if (range.negative > 0)
      negative.push_back(fmt::format(
          "{} {} ({:.2g} %, least {:g})", channel, range.negative,
          100.0 * static_cast<double>(range.negative) / static_cast<double>(voxels.size()),
          range.low));
    if (const float upper = upper_value(voxels); upper > 0 && range.high > extreme * upper)
      bright.push_back(fmt::format("{} {:g} (99.5 % stay below {:g})", channel, range.high, upper));
  }
  if (empty) throw DataError("every voxel of {} is 0", join(constant, ", "));
  std::vector<std::string> odd;
  if (!negative.empty()) odd.push_back("negative voxels: " + join(negative));
  if (!bright.empty()) odd.push_back("extreme maxima: " + join(bright));
  if (!odd.empty()) notes.push_back(join(odd, "; ") + "; kept as they are");
  if (!constant.empty()) notes.push_back("all voxels equal in " + join(constant));
}

/// The way from the scan's grid to the source volume: turned towards LPS, cut to its content.
Chain plan(const Scans& scans, const std::optional<Labels>& label, bool keep_whole) {
  Chain chain{scans.grid, {}};
  const Reorient turn = voxels::reorient_to(scans.grid, "LPS");
  if (turn != Reorient{}) chain.steps.emplace_back(turn);
  if (keep_whole) return chain;
  Labels content{scans.grid, std::vector<uint8_t>(static_cast<size_t>(scans.grid.voxel_count()))};
  for (const image::Scan& scan : scans.images)
    for (size_t i = 0; i < content.voxels.size(); ++i)
      content.voxels[i] |= scan.image.voxels[i] != 0;
  if (label)
    for (size_t i = 0; i < content.voxels.size(); ++i) content.voxels[i] |= label->voxels[i] != 0;
  const Labels turned = chain.steps.empty() ? content : voxels::apply(content, chain.steps[0]);
  const Box box = voxels::bounding_box(turned);
  if (box.size != turned.grid.size) chain.steps.emplace_back(box);
  return chain;
}

Volume import_files(const CaseFiles& files, const LabelMeaning* meaning) {
  std::vector<std::string> notes;
  Scans scans = read_scans(files, notes);
  bool keep_whole = false;
  inspect(files, scans, notes, keep_whole);
  CaseFiles annotated = files;
  if (scans.label) annotated.label.clear();
  Annotation made = read_annotation(annotated, meaning, scans.grid, notes);
  if (scans.label) {
    made.label = Labels{
        scans.grid, classes_from_codes(files.label, scans.label->image.voxels, *meaning, notes)};
    scans.label.reset();
  }

  Volume volume;
  volume.chain = plan(scans, made.label, keep_whole);
  volume.data.id = files.id;
  volume.data.stratum = files.stratum;
  Image& image = volume.data.image;
  for (size_t c = 0; c < files.images.size(); ++c) {
    Image channel = std::move(scans.images[c].image);
    channel.grid = scans.grid;
    for (const Step& step : volume.chain.steps) channel = voxels::apply(channel, step);
    image.grid = channel.grid;
    image.channels.push_back(files.images[c].first);
    image.voxels.insert(image.voxels.end(), channel.voxels.begin(), channel.voxels.end());
  }
  if (made.label || made.share) attach(volume, std::move(made));
  for (const std::string& note : notes) log::warning("case {}: {}", files.id, note);
  return volume;
}

}  // namespace

Volume import_case(const CaseFiles& files, const LabelMeaning* meaning) {
  if (files.images.empty()) throw UsageError("case {}: no image given", files.id);
  std::set<std::string> channels;
  for (const auto& [channel, path] : files.images)
    if (!channels.insert(channel).second)
      throw UsageError("case {}: channel {} is given twice", files.id, channel);
  for (const auto& file : {files.label, files.share})
    if (!file.empty() && !is_prediction(file) &&
        (meaning == nullptr || meaning->classes.codes.empty()))
      throw UsageError("case {}: what do the codes of label {} mean? Name its classes", files.id,
                       file);
  try {
    return import_files(files, meaning);
  } catch (const DataError& error) {
    throw DataError("case {}: {}", files.id, error.what());
  }
}

}  // namespace kdseg::intake
