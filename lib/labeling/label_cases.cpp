#include "labeling/label_cases.h"

#include <filesystem>

#include "base/errors.h"
#include "base/text.h"
#include "infer/predict.h"
#include "labeling/case_run.h"
#include "labeling/describe.h"
#include "tensor/device.h"

namespace kdseg::labeling {

namespace {

Made made_by(const std::vector<models::Model>& models, const Volume& volume,
             const infer::PredictOptions& options) {
  if (makes_channels(models)) return infer::synthesize(models, volume, options);
  return infer::predict(models, volume, options);
}

/// The sheet of the volumes that were written: what the cases' own said, and the files' new names.
cohort::Sheet sheet_of_volumes(const CaseRun& cases, const Outputs& outputs) {
  cohort::Sheet sheet = cases.sheet();
  for (size_t i = 0; i < sheet.rows.size(); ++i) {
    sheet.rows[i].path = outputs.file(i);
    sheet.rows[i].file = std::filesystem::path(outputs.file(i)).filename().string();
  }
  return sheet;
}

}  // namespace

void label_cases(const LabelSettings& settings, const LabelRun& run) {
  check_options(settings, false);
  const auto check = [&settings](const std::vector<models::Model>& models) {
    const bool scans =
        settings.nifti || (!settings.output.empty() && !settings.output.ends_with(".h5"));
    if (makes_channels(models) && (scans || settings.probability))
      throw UsageError(
          "{} makes channels ({}), which are written into volumes: expected --output FILE.h5 or "
          "--output-dir without --nifti and --probability",
          settings.models.front(), join(models.front().contract.head.names, ","));
  };
  const CaseRun cases(settings, run, {"ensemble-label", {}, {}, check, made_by});
  Outputs outputs = cases.outputs(settings);
  outputs.plan(cases.cases());
  cases.predict_all(outputs);
  cases.report(makes_channels(cases.models()) ? outputs.finish(sheet_of_volumes(cases, outputs))
                                              : outputs.finish());
}

std::string describe(const LabelSettings& settings, int threads) {
  if (settings.models.empty()) throw UsageError("--model is required; see --help");
  const at::Device device = tensor::configure(settings.tensor, threads);
  return describe_models(load_models(settings, device), settings.models, device);
}

}  // namespace kdseg::labeling
