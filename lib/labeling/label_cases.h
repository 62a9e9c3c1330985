// Predictions of one or several networks for many cases: what the program ensemble-label does.
#pragma once
#include <string>

#include "labeling/settings.h"

namespace kdseg::labeling {

/// Predicts every selected case with the mean of the models and writes a prediction, or a label
/// scan on the scan's own grid, for each. The next case is read while one is computed. Cases that
/// an interrupted run finished are kept by the same command.
/// \throws UsageError  outputs exist, options that do not fit, unknown channel names
/// \throws DataError   a missing or damaged file, a case that does not fit a model
/// \throws Stopped     a signal or deadline; the same command continues
void label_cases(const LabelSettings& settings, const RunContext& run);

/// The text of --describe: networks, parameters, work, memory. Needs no cases.
std::string describe(const LabelSettings& settings, int threads);

}  // namespace kdseg::labeling
