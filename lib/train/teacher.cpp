#include "train/teacher.h"

#include <algorithm>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "io/checkpoint_file.h"
#include "methods/mutual_sections.h"
#include "models/checkpoint.h"
#include "train/network.h"
#include "train/translation.h"

namespace kdseg::train {
namespace {

using Ids = std::set<std::string>;

void check_head(const Head& found, const LearningSettings& settings, const TrainingCases& cases,
                const std::string& file) {
  if (cases.classes.names.empty() && settings.synthesize.empty()) return;  // no case has a label
  const Head head = head_of(settings, cases);
  if (found.kind != head.kind || found.names != head.names)
    throw DataError("{}: {} are {}, {} {}", file,
                    found.kind == Head::Kind::softmax ? "classes" : "regions",
                    join(found.names, ","),
                    settings.head == "classes" ? "the volumes have" : "--head regions expects",
                    join(head.names, ","));
}

/// How many held-out cases are `known`.
int64_t leaked_cases(const Ids& known, const TrainingCases& cases, const std::string& file,
                     bool allowed) {
  std::vector<std::string> seen;
  for (const auto& id : cases.held_out)
    if (known.contains(id)) seen.push_back(id);
  if (seen.empty()) return 0;
  const std::string which =
      fmt::format("{} of the {} cases that this run holds out for testing ({}{})", seen.size(),
                  cases.held_out.size(), seen.front(), seen.size() > 1 ? ", ..." : "");
  if (!allowed)
    throw DataError("{}: was trained on {}; give the teacher of this fold, or --allow-leak on",
                    file, which);
  log::warning("{} was trained on {}: scores of these cases are no test", file, which);
  return static_cast<int64_t>(seen.size());
}

void warn_of_flattered_scores(const Ids& known, const TrainingCases& cases,
                              const std::string& file) {
  const auto& rows = cases.predicting().validation;
  const auto seen =
      std::count_if(rows.begin(), rows.end(), [&](auto& row) { return known.contains(row.id); });
  if (seen > 0)
    log::warning("{} was trained on {} of the {} validation cases", file, seen, rows.size());
}

FrozenNetworks::Translator open_translator(const LearningSettings& settings,
                                           const TrainingCases& cases, at::Device device) {
  const Ends ends = ends_of(settings, all_streams(cases));
  const StreamCases &from = cases.streams[ends.from], &to = cases.streams[ends.to];
  FrozenNetworks::Translator translator;
  translator.file = translator_file(settings);
  const auto open = [&](const StreamCases& one, const StreamCases& other) {
    const std::string name = methods::generator_name(one.stream.name, other.stream.name);
    models::Model model = models::load_model(translator.file, device, name);
    if (model.contract.head.kind != Head::Kind::image)
      throw DataError("{}: {} segments, expected a generator of images", translator.file, name);
    require_channels(one, model.contract.channels, fmt::format("{}: {}", translator.file, name));
    return model;
  };
  translator.there = open(from, to);
  translator.back = open(to, from);
  return translator;
}

}  // namespace

std::span<const Parameter> frozen_parameters() {
  static const std::vector<Parameter> rows{
      {"file", Parameter::Kind::path, "", "checkpoint", -1e300, 1e300, {}},
      {"network",
       Parameter::Kind::text,
       "",
       "which of its networks; none: the only one",
       -1e300,
       1e300,
       {}}};
  return rows;
}

const models::Model* FrozenNetworks::teacher() const {
  for (const auto& one : networks)
    if (one.name == "teacher") return &one.model;
  return nullptr;
}

FrozenNetworks open_frozen(const LearningSettings& settings, const Procedure& procedure,
                           const TrainingCases& cases, at::Device device) {
  FrozenNetworks frozen;
  const auto open = [&](const std::string& name, const std::string& file,
                        const std::string& network) {
    frozen.networks.push_back({name, models::load_model(file, device, network)});
    frozen.files.push_back(file);
    check_head(frozen.networks.back().model.contract.head, settings, cases, file);
  };
  if (!procedure.teacher.empty()) {
    open("teacher", procedure.teacher, procedure.teacher_network);
    // With streams, a teacher looks at those that name it.
    if (settings.streams.empty())
      require_channels(cases.predicting(), frozen.networks.back().model.contract.channels,
                       procedure.teacher);
  }
  for (const auto& section : settings.frozen) {
    const Parameters values(frozen_parameters(), section);
    if (values.text("file").empty())
      throw UsageError("{}: [frozen.{}] has no file", section.where, section.name);
    open(section.name, values.text("file"), values.text("network"));
  }
  std::vector<std::string> files = frozen.files;
  if (translates(procedure) && !translator_file(settings).empty()) {
    frozen.translator = open_translator(settings, cases, device);
    files.push_back(frozen.translator->file);
  }
  for (const auto& file : files) {
    const auto listed = io::read_checkpoint(file).trained_on;
    const Ids known(listed.begin(), listed.end());
    const int64_t leaked = leaked_cases(known, cases, file, procedure.allow_leak);
    if (leaked == 0) warn_of_flattered_scores(known, cases, file);
    frozen.leaked = std::max(frozen.leaked, leaked);
  }
  return frozen;
}

}  // namespace kdseg::train
