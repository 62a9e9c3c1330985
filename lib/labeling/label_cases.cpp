#include "labeling/label_cases.h"

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

/// What does not go together with volumes in place of predictions.
void check_volumes(const LabelSettings& s, const Networks& networks) {
  const bool scans = s.nifti || (!s.output.empty() && !s.output.ends_with(".h5"));
  if (make_channels(networks) && (scans || s.probability))
    throw UsageError(
        "{} makes channels ({}), which are written into volumes: expected --output FILE.h5 or "
        "--output-dir without --nifti and --probability",
        s.models.front(), join(networks.members.front().contract().head.names, ","));
  if (s.annotate == "none") return;
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
  const auto make = [&](const std::vector<infer::Member>& members, const Volume& volume,
                        const infer::PredictOptions& options) -> Made {
    if (members.front().contract().head.kind == Head::Kind::image)
      return infer::synthesize(members, volume, options);
    auto prediction = infer::predict(members, volume, options);
    if (annotates) return annotated(volume, std::move(prediction));
    return prediction;
  };
  const CaseRun cases(settings, run, {"ensemble-label", {}, {}, check, make});
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
