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
#include "intake/survey.h"
#include "voxels/chain.h"
#include "voxels/content.h"
#include "voxels/window.h"

namespace kdseg::intake {
namespace {

/// What is odd about the intensities, without changing any.
/// \return the box that holds what is not 0; nullopt: cutting to it would cut air away as if it
/// were background
std::optional<Box> inspect(const CaseFiles& files, const CaseScans& scans,
                           std::vector<std::string>& notes) {
  constexpr float extreme = 4.0f;  // BraTS has maxima at 5 times the value that 99.5 % stay below
  std::vector<std::string> negative, bright, constant;
  std::vector<Survey> surveys;
  Box content;
  bool keep_whole = false;
  for (size_t c = 0; c < scans.images.size(); ++c) {
    const std::vector<float>& voxels = scans.images[c].image.voxels;
    const std::string& channel = files.images[c].channel;
    const Survey& range = surveys.emplace_back(survey(scans.grid.size, voxels));
    content = voxels::around(content, range.content);
    if (range.low == range.high) constant.push_back(channel);
    if (range.set == 0) continue;
    if (negative_background(scans.grid.size, voxels, range)) {
      keep_whole = true;
      continue;
    }
    if (range.negative > 0)
      negative.push_back(fmt::format(
          "{} {} ({:.2g} %, least {:g})", channel, range.negative,
          100.0 * static_cast<double>(range.negative) / static_cast<double>(voxels.size()),
          range.low));
    if (const float upper = exceeded_upper_value(voxels, range, extreme); upper > 0)
      bright.push_back(fmt::format("{} {:g} (99.5 % stay below {:g})", channel, range.high, upper));
  }
  for (size_t a = 0; a < scans.images.size(); ++a)
    for (size_t b = 0; b < a; ++b)
      if (surveys[a].set == surveys[b].set &&
          scans.images[a].image.voxels == scans.images[b].image.voxels)
        notes.push_back(fmt::format("{} and {} are equal in every voxel", files.images[b].channel,
                                    files.images[a].channel));
  if (content.size[0] == 0) throw DataError("every voxel of {} is 0", join(constant, ", "));
  std::vector<std::string> odd;
  if (!negative.empty()) odd.push_back("negative voxels: " + join(negative));
  if (!bright.empty()) odd.push_back("extreme maxima: " + join(bright));
  if (!odd.empty()) notes.push_back(join(odd, "; ") + "; kept as they are");
  if (!constant.empty()) notes.push_back("all voxels equal in " + join(constant));
  if (keep_whole) return std::nullopt;
  return content;
}

/// The way from the scan's grid to the source volume: turned towards LPS, cut to its content.
Chain plan(const Grid& grid, const std::optional<Box>& content,
           const std::optional<Labels>& label) {
  Chain chain{grid, {}};
  const Reorient turn = voxels::reorient_to(grid, "LPS");
  if (turn != Reorient{}) chain.steps.emplace_back(turn);
  if (!content) return chain;
  const Box whole = label ? voxels::around(*content, voxels::bounding_box(*label)) : *content;
  if (whole.size != grid.size) chain.steps.emplace_back(voxels::turned(whole, grid.size, turn));
  return chain;
}

Volume import_files(const CaseFiles& files, const LabelMeaning* meaning) {
  std::vector<std::string> notes;
  CaseScans scans = read_case_scans(files, notes);
  settle_nan_voxels(files, scans, notes);
  const std::optional<Box> content = inspect(files, scans, notes);
  CaseFiles annotated = files;
  if (scans.label) annotated.label.clear();
  Annotation made = read_annotation(annotated, meaning, scans.grid, notes);
  if (scans.label) {
    made.label = Labels{
        scans.grid, classes_from_codes(files.label, scans.label->image.voxels, *meaning, notes)};
    scans.label.reset();
  }

  Volume volume;
  volume.chain = plan(scans.grid, content, made.label);
  volume.data.id = files.id;
  volume.data.stratum = files.stratum;
  voxels::Window window(scans.grid.size);
  for (const Step& step : volume.chain.steps) window.add(step);
  Image& image = volume.data.image;
  image.grid = voxels::grid_after(volume.chain);
  image.voxels.reserve(files.images.size() * static_cast<size_t>(image.grid.voxel_count()));
  for (size_t c = 0; c < files.images.size(); ++c) {
    image.channels.push_back(files.images[c].channel);
    window.append(scans.images[c].image.voxels.data(), 0.0f, image.voxels);
    scans.images[c].image.voxels = {};
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
