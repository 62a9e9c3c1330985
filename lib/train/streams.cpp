#include "train/streams.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"
#include "data/sampler.h"

namespace kdseg::train {
namespace {

using Kind = Parameter::Kind;

/// What the run's own settings say of a stream.
Stream as_the_run_says(const LearningSettings& s) {
  Stream stream;
  stream.name = data::sole_stream;
  stream.channels = s.training.channels;
  stream.recipe = s.training.recipe;
  stream.patch = s.training.patch;
  stream.unit = s.training.patch.empty() ? data::Unit::volume : data::Unit::patch;
  stream.batch = s.training.batch;
  if (!s.augment.kind.empty()) stream.augment = data::augmentation_from(s.augment);
  return stream;
}

std::vector<int64_t> whole_numbers(const Parameters& values, const char* key) {
  std::vector<int64_t> numbers;
  for (const double value : values.numbers(key)) numbers.push_back(static_cast<int64_t>(value));
  return numbers;
}

void check_patch(const Stream& stream, const Section& section) {
  const size_t sides = stream.patch.size();
  const bool fits = stream.unit == data::Unit::volume  ? sides == 0
                    : stream.unit == data::Unit::patch ? sides == 3
                                                       : sides == 0 || sides == 2;
  if (fits) return;
  throw UsageError("{}: [stream.{}]: patch has {} sides, expected {}", section.where, stream.name,
                   sides,
                   stream.unit == data::Unit::volume  ? "none for whole volumes"
                   : stream.unit == data::Unit::patch ? "x y z"
                                                      : "x y, or none, for slices");
}

/// Whether a [supervise.NAME] names the stream, or images that are made of it.
bool has_lesson(const LearningSettings& s, const std::string& stream) {
  for (const auto& section : s.supervise)
    for (const auto& one : section.settings) {
      if (one.key != "stream") continue;
      for (const auto& part : split(one.value, '+'))
        if (part == stream || part.starts_with(stream + ">")) return true;
    }
  return false;
}

/// Conditions as --where takes them. A list of settings parts at commas, too; there they are an or.
std::vector<std::string> conditions(const std::vector<std::string>& parts) {
  std::vector<std::string> whole;
  for (const auto& part : parts)
    if (whole.empty() || part.find('=') != std::string::npos)
      whole.push_back(part);
    else
      whole.back() += "," + part;
  return whole;
}

Stream stream_from(const Section& section, const LearningSettings& s) {
  const Parameters values(stream_parameters(), section);
  Stream stream = as_the_run_says(s);
  stream.name = section.name;
  stream.where = conditions(values.texts("where"));
  if (!values.text("channels").empty()) stream.channels = values.texts("channels");
  if (!values.text("recipe").empty()) stream.recipe = values.text("recipe");
  if (!values.text("patch").empty()) stream.patch = whole_numbers(values, "patch");
  const std::string& unit = values.text("unit");
  if (unit.empty())
    stream.unit = stream.patch.empty() ? data::Unit::volume : data::Unit::patch;
  else
    stream.unit = data::unit_from(unit, section.where);
  if (stream.unit == data::Unit::volume && values.text("patch").empty()) stream.patch.clear();
  if (stream.unit == data::Unit::slice && values.text("patch").empty()) stream.patch.clear();
  if (const int64_t batch = values.integer("batch"); batch > 0) stream.batch = batch;
  stream.labels = data::label_rule_from(values.text("labels"), section.where);
  const bool stated = std::any_of(section.settings.begin(), section.settings.end(),
                                  [](const Setting& one) { return one.key == "labels"; });
  if (s.labels_on_request && !stated && !has_lesson(s, section.name))
    stream.labels = data::LabelRule::none;
  check_patch(stream, section);
  return stream;
}

}  // namespace

std::span<const Parameter> stream_parameters() {
  static const std::vector<Parameter> rows{
      {"where",
       Kind::texts,
       "",
       "its cases, as --where, beside the run's own conditions",
       -1e300,
       1e300,
       {}},
      {"channels",
       Kind::texts,
       "",
       "its images in this order; none: as --channels",
       -1e300,
       1e300,
       {}},
      {"recipe",
       Kind::path,
       "",
       "how its volumes are prepared (INI); none: as --recipe",
       -1e300,
       1e300,
       {}},
      {"unit",
       Kind::choice,
       "",
       "what it draws: volume, patch, or slice (one voxel thick along z, for networks of two "
       "dimensions); none: volume, or patch where there is one",
       -1e300,
       1e300,
       {"volume", "patch", "slice"}},
      {"patch",
       Kind::numbers,
       "",
       "size of its patches, x y z voxels (slices: x y); none: as --patch",
       1,
       1e6,
       {}},
      {"batch", Kind::integer, "0", "samples per iteration; 0: as --batch", 0, 1e6, {}},
      {"labels",
       Kind::choice,
       "required",
       "required: a case without a label is refused; optional: it trains what needs none; none: "
       "labels are never read, even where there are some",
       -1e300,
       1e300,
       {"required", "optional", "none"}},
  };
  return rows;
}

std::vector<Stream> streams_of(const LearningSettings& s) {
  std::vector<Stream> streams;
  for (const auto& section : s.streams) streams.push_back(stream_from(section, s));
  if (streams.empty()) streams.push_back(as_the_run_says(s));
  std::vector<std::string> names;
  for (const auto& stream : streams) names.push_back(stream.name);
  const auto require_patches = [](const Stream& stream, const Section& section) {
    if (stream.augment && stream.augment->near_label && stream.patch.empty())
      throw UsageError(
          "{}: patch-position = near-label: stream {} draws no patches; give --patch x y z",
          section.where, stream.name);
  };
  for (const auto& section : s.augments) {
    const auto at = std::find(names.begin(), names.end(), section.name);
    if (at == names.end())
      throw UsageError("{}: [augment.{}] names no stream, there are {}{}", section.where,
                       section.name, join(names, ", "), did_you_mean(section.name, names));
    streams[static_cast<size_t>(at - names.begin())].augment = data::augmentation_from(section);
    require_patches(streams[static_cast<size_t>(at - names.begin())], section);
  }
  for (const auto& stream : streams) require_patches(stream, s.augment);
  return streams;
}

size_t stream_named(const std::vector<Stream>& streams, const std::string& name,
                    const std::string& option) {
  if (name.empty()) return 0;
  std::vector<std::string> names;
  for (size_t i = 0; i < streams.size(); ++i) {
    if (streams[i].name == name) return i;
    names.push_back(streams[i].name);
  }
  throw UsageError("{}: no stream '{}', there are {}{}", option, name, join(names, ", "),
                   did_you_mean(name, names));
}

}  // namespace kdseg::train
