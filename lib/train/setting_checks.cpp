#include "train/setting_checks.h"

#include "base/errors.h"

namespace kdseg::train {

void check_settings(const LearningSettings& s, const Task& task) {
  if (s.tensor.precision == "fp16")
    throw UsageError("--precision fp16: gradients would underflow without loss scaling; use bf16");
  if (s.optimizer.betas.size() != 2)
    throw UsageError("--betas: {} values, expected 2", s.optimizer.betas.size());
  if (!s.training.patch.empty() && s.training.patch.size() != 3)
    throw UsageError("--patch: {} values, expected x y z", s.training.patch.size());
  if (s.training.training.cases.empty()) throw UsageError("--cases is required; see --help");
  if (s.training.output.empty() && !s.tensor.describe)
    throw UsageError("--output is required; see --help");
  if (task.procedure == "teacher-student" && task.teacher.empty())
    throw UsageError("--teacher is required; see --help");
  if (s.training.validate.empty() && s.schedule.plateau)
    throw UsageError("--plateau on needs validation cases; give --validate, or --plateau off");
  if (s.schedule.plateau && s.schedule.plateau_watch == "loss" && !s.training.patch.empty())
    throw UsageError(
        "--plateau-watch loss: training on patches gives no loss over whole cases; watch the "
        "score");
}

void check_purpose(const LearningSettings& s, const losses::Objective& objective) {
  if (s.synthesize.empty()) {
    if (objective.needs_image())
      throw UsageError("[term.absolute-error] needs channels to be made; give --synthesize");
    return;
  }
  if (s.head != "classes")
    throw UsageError("--head {}: a network that makes channels (--synthesize) has no classes",
                     s.head);
  if (objective.needs_target() || !objective.needs_image())
    throw UsageError(
        "--synthesize: the loss is about classes; give [term.absolute-error] and no term that "
        "needs labels");
}

std::vector<Section> terms_of(const LearningSettings& s) {
  return s.terms.empty() ? std::vector<Section>{{"term", "cross-entropy", "", {}}} : s.terms;
}

}  // namespace kdseg::train
