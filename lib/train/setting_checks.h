// Settings that cannot go together, found before any file is opened.
#pragma once
#include <vector>

#include "losses/objective.h"
#include "train/settings.h"

namespace kdseg::train {

/// \throws UsageError  a missing setting, or two that contradict each other
void check_settings(const LearningSettings& settings, const Procedure& procedure);

/// Whether the procedure takes any number of networks, told what to do by sections.
bool trains_several(const Procedure& procedure);

/// A term looks at labels, or at channels to be made: what the network is trained for must have
/// one. \throws UsageError  the loss does not fit --synthesize
void check_purpose(const LearningSettings& settings, const losses::Objective& objective);

/// The [term.NAME] sections; cross-entropy where there is none.
std::vector<Section> terms_of(const LearningSettings& settings);

}  // namespace kdseg::train
