// How the parameters of a run's networks move: optimizer, schedule, accumulation, clipping.
#pragma once
#include <span>
#include <string>

#include "methods/setup.h"
#include "train/settings.h"

namespace kdseg::train {

/// Keys of [optimizer.NAME]; what they leave open is as the run's own settings say.
std::span<const Parameter> optimizer_parameters();

/// The run's settings, and those of [optimizer.NAME] for the network `name` over them.
/// \throws UsageError  sgd without a learning rate, amsgrad or nesterov where there is none
methods::Regimen regimen_of(const LearningSettings& settings, const std::string& name);

/// Every [optimizer.NAME] names one of these networks.
/// \throws UsageError  it does not (nearest named)
void check_optimizer_names(const LearningSettings& settings,
                           const std::vector<std::string>& networks);

}  // namespace kdseg::train
