// A whole training run: from a sheet of cases to a checkpoint.
#pragma once
#include "train/settings.h"

namespace kdseg::train {

/// Trains a network and writes it to `settings.training.output`; continues a run that was
/// interrupted. With `settings.tensor.describe` it prints sizes and work on stdout instead.
/// \throws UsageError  settings that do not belong together, or differ from those of the run to
///                     continue (each named)
/// \throws DataError   cases, teacher or --init do not fit
/// \throws RunError    a loss is not finite; I/O
/// \throws Stopped     a signal or the deadline; the same call continues
void run_training(const LearningSettings& settings, const Task& task, const RunContext& context);

}  // namespace kdseg::train
