#include "labeling/label_cases.h"

#include <algorithm>
#include <filesystem>

#include "base/errors.h"
#include "base/text.h"
#include "cohort/label_source.h"
#include "infer/predict.h"
#include "labeling/annotate.h"
#include "labeling/case_run.h"
#include "tensor/device.h"

namespace kdseg::labeling {

namespace {

infer::Postprocessing postprocessing_of(const LabelSettings& s) {
  infer::Postprocessing rules;
  for (const auto& text : s.least_region) rules.regions.push_back(infer::parse_least_region(text));
  rules.least_component = s.least_component;
  return rules;
}

std::vector<int64_t> mirror_of(const LabelSettings& s) {
  static const std::vector<std::string> names{"x", "y", "z"};
  std::vector<int64_t> axes;
  for (const auto& name : s.mirror) {
    const auto axis = std::find(names.begin(), names.end(), name) - names.begin();
    if (axis == 3 || std::find(axes.begin(), axes.end(), axis) != axes.end())
      throw UsageError("--mirror {}: expected axes out of x y z, each once", join(s.mirror, " "));
    axes.push_back(axis);
  }
  return axes;
}

/// What predictions depend on beside what all programs that predict ask for.
std::string own_settings(const LabelSettings& s) {
  std::string text;
  if (!s.mirror.empty()) text += "mirror " + join(s.mirror) + "\n";
  if (!s.least_region.empty()) text += "least-region " + join(s.least_region) + "\n";
  if (s.least_component > 0) text += "least-component " + exact(s.least_component) + "\n";
  return text;
}

/// What does not go together with volumes in place of predictions.
void check_volumes(const LabelSettings& s, const Networks& networks) {
  const bool scans = s.nifti || (!s.output.empty() && !s.output.ends_with(".h5"));
  if (make_channels(networks) && (scans || s.probability))
    throw UsageError(
        "{} makes channels ({}), which are written into volumes: expected --output FILE.h5 or "
        "--output-dir without --nifti and --probability",
        s.models.front(), join(networks.members.front().contract().head.names, ","));
  if (make_channels(networks) && postprocessing_of(s).any())
    throw UsageError("--least-region and --least-component mend labels, {} makes channels",
                     s.models.front());
  if (s.annotate == "none") return;
  if (s.annotate == "soft" && postprocessing_of(s).any())
    throw UsageError(
        "--least-region and --least-component mend labels, --annotate soft keeps probabilities; "
        "expected --annotate hard");
  if (scans || s.probability)
    throw UsageError(
        "--annotate {} writes volumes with labels: expected --output FILE.h5 or --output-dir "
        "without --nifti and --probability",
        s.annotate);
  for (const auto& member : networks.members) member.require_segmentation();
}

/// The sheet of the volumes that were written: what the cases' own said, and the files' new names.
cohort::Sheet sheet_of_volumes(const CaseRun& cases, const Outputs& outputs, bool annotated) {
  cohort::Sheet sheet = cases.sheet();
  if (annotated) cohort::mark_labels(sheet, cohort::annotation);
  for (size_t i = 0; i < sheet.rows.size(); ++i) {
    sheet.rows[i].path = outputs.file(i);
    sheet.rows[i].file = std::filesystem::path(outputs.file(i)).filename().string();
  }
  return sheet;
}

}  // namespace

void label_cases(const LabelSettings& settings, const RunContext& run) {
  check_options(settings, false);
  const bool annotates = settings.annotate != "none";
  const auto check = [&](const Networks& networks) { check_volumes(settings, networks); };
  const auto mirror = mirror_of(settings);
  const auto postprocessing = postprocessing_of(settings);
  const auto make = [&](const std::vector<infer::Member>& members, const Volume& volume,
                        infer::PredictOptions options) -> Made {
    options.mirror = mirror;
    options.postprocessing = postprocessing;
    if (members.front().contract().head.kind == Head::Kind::image)
      return infer::synthesize(members, volume, options);
    auto prediction = infer::predict(members, volume, options);
    if (annotates) return annotated(volume, std::move(prediction));
    return prediction;
  };
  const CaseRun cases(settings, run, {"ensemble-label", own_settings(settings), {}, check, make});
  Outputs outputs = cases.outputs(settings);
  outputs.plan(cases.cases());
  cases.predict_all(outputs);
  cases.report(makes_volumes(settings, cases.networks())
                   ? outputs.finish(sheet_of_volumes(cases, outputs, annotates))
                   : outputs.finish());
}

std::string describe(const LabelSettings& settings, int threads) {
  if (settings.models.empty()) throw UsageError("--model is required; see --help");
  const at::Device device = tensor::configure(settings.tensor, threads);
  return describe_networks(load_networks(settings, device), device);
}

}  // namespace kdseg::labeling
