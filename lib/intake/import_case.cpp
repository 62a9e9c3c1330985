#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "intake/annotation.h"
#include "intake/case_scans.h"
#include "intake/intake.h"
#include "intake/label_codes.h"
#include "intake/nan_voxels.h"
#include "voxels/chain.h"

namespace kdseg::intake {
namespace {

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
void inspect(const CaseFiles& files, const CaseScans& scans, std::vector<std::string>& notes,
             bool& keep_whole) {
  constexpr float extreme = 4.0f;  // BraTS has maxima at 5 times the value that 99.5 % stay below
  std::vector<std::string> negative, bright, constant;
  bool empty = true;
  for (size_t c = 0; c < scans.images.size(); ++c) {
    const std::vector<float>& voxels = scans.images[c].image.voxels;
    const std::string& channel = files.images[c].channel;
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
  for (size_t a = 0; a < scans.images.size(); ++a)
    for (size_t b = 0; b < a; ++b)
      if (scans.images[a].image.voxels == scans.images[b].image.voxels)
        notes.push_back(fmt::format("{} and {} are equal in every voxel", files.images[b].channel,
                                    files.images[a].channel));
  if (empty) throw DataError("every voxel of {} is 0", join(constant, ", "));
  std::vector<std::string> odd;
  if (!negative.empty()) odd.push_back("negative voxels: " + join(negative));
  if (!bright.empty()) odd.push_back("extreme maxima: " + join(bright));
  if (!odd.empty()) notes.push_back(join(odd, "; ") + "; kept as they are");
  if (!constant.empty()) notes.push_back("all voxels equal in " + join(constant));
}

/// The way from the scan's grid to the source volume: turned towards LPS, cut to its content.
Chain plan(const CaseScans& scans, const std::optional<Labels>& label, bool keep_whole) {
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
  CaseScans scans = read_case_scans(files, notes);
  settle_nan_voxels(files, scans, notes);
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
    image.channels.push_back(files.images[c].channel);
    image.voxels.insert(image.voxels.end(), channel.voxels.begin(), channel.voxels.end());
  }
  volume.overlaid = scans.overlaid;
  if (made.label || made.share) attach(volume, std::move(made));
  for (const std::string& note : notes) log::warning("case {}: {}", files.id, note);
  return volume;
}

}  // namespace

Volume import_case(const CaseFiles& files, const LabelMeaning* meaning) {
  if (files.images.empty()) throw UsageError("case {}: no image given", files.id);
  std::set<std::string> channels;
  for (const ImageFile& image : files.images)
    if (!channels.insert(image.channel).second)
      throw UsageError("case {}: channel {} is given twice", files.id, image.channel);
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
