#include "labeling/label_cases.h"

#include <filesystem>

#include "base/errors.h"
#include "base/text.h"
#include "cohort/label_source.h"
#include "infer/predict.h"
#include "labeling/annotate.h"
#include "labeling/case_run.h"
#include "labeling/describe.h"
#include "tensor/device.h"

namespace kdseg::labeling {

namespace {

/// What does not go together with volumes in place of predictions.
void check_volumes(const LabelSettings& s, const std::vector<models::Model>& models) {
  const bool scans = s.nifti || (!s.output.empty() && !s.output.ends_with(".h5"));
  if (makes_channels(models) && (scans || s.probability))
    throw UsageError(
        "{} makes channels ({}), which are written into volumes: expected --output FILE.h5 or "
        "--output-dir without --nifti and --probability",
        s.models.front(), join(models.front().contract.head.names, ","));
  if (s.annotate == "none") return;
  if (scans || s.probability)
    throw UsageError(
        "--annotate {} writes volumes with labels: expected --output FILE.h5 or --output-dir "
        "without --nifti and --probability",
        s.annotate);
  for (size_t m = 0; m < models.size(); ++m)
    infer::require_segmentation(models[m].contract, s.models[m]);
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

void label_cases(const LabelSettings& settings, const LabelRun& run) {
  check_options(settings, false);
  const bool annotates = settings.annotate != "none";
  const auto check = [&](const std::vector<models::Model>& models) {
    check_volumes(settings, models);
  };
  const auto make = [&](const std::vector<models::Model>& models, const Volume& volume,
                        const infer::PredictOptions& options) -> Made {
    if (makes_channels(models)) return infer::synthesize(models, volume, options);
    auto prediction = infer::predict(models, volume, options);
    if (annotates) return annotated(volume, std::move(prediction));
    return prediction;
  };
  const CaseRun cases(settings, run, {"ensemble-label", {}, {}, check, make});
  Outputs outputs = cases.outputs(settings);
  outputs.plan(cases.cases());
  cases.predict_all(outputs);
  cases.report(makes_volumes(settings, cases.models())
                   ? outputs.finish(sheet_of_volumes(cases, outputs, annotates))
                   : outputs.finish());
}

std::string describe(const LabelSettings& settings, int threads) {
  if (settings.models.empty()) throw UsageError("--model is required; see --help");
  const at::Device device = tensor::configure(settings.tensor, threads);
  return describe_models(load_models(settings, device), settings.models, device);
}

}  // namespace kdseg::labeling
