// A whole training: inputs, method, loop, checkpoint.
#pragma once
#include "train/settings.h"

namespace kdseg::train {

/// Trains as told and writes the checkpoint; with `describe` prints what it would cost instead.
/// \throws UsageError  settings that contradict each other, a run folder with other settings
/// \throws DataError   cases, teacher and network do not fit together
/// \throws Stopped     a signal or the deadline; the same call continues
void run_training(const LearningSettings& settings, const Procedure& procedure,
                  const RunContext& context);

}  // namespace kdseg::train
