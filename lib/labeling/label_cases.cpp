#include "labeling/label_cases.h"

#include "base/errors.h"
#include "infer/predict.h"
#include "labeling/case_run.h"
#include "labeling/describe.h"
#include "tensor/device.h"

namespace kdseg::labeling {

void label_cases(const LabelSettings& settings, const LabelRun& run) {
  check_options(settings, false);
  const CaseRun cases(settings, run, {"ensemble-label", {}, {}, {}, infer::predict});
  Outputs outputs = cases.outputs(settings);
  outputs.plan(cases.cases());
  cases.predict_all(outputs);
  cases.report(outputs.finish());
}

std::string describe(const LabelSettings& settings, int threads) {
  if (settings.models.empty()) throw UsageError("--model is required; see --help");
  const at::Device device = tensor::configure(settings.tensor, threads);
  return describe_models(load_models(settings, device), settings.models, device);
}

}  // namespace kdseg::labeling
