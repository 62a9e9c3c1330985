// What makes two runs the same run: the settings that decide its result.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "train/settings.h"
#include "train/training_cases.h"

namespace kdseg::train {

/// Names and values in a fixed order. Threads, loading, saving and logging are no part of it: they
/// leave the result as it is.
using Identity = std::vector<std::pair<std::string, std::string>>;

Identity identity_of(const LearningSettings& settings, const TrainingCases& cases);

/// One entry per setting of the section, "[term.dice] weight"; an empty section gives its title.
void add_section(Identity& identity, const Section& section);

std::string hash_of(const Identity& identity);  ///< 16 hex digits

/// "epochs was 4, is 5": what differs, at most three; empty when nothing does.
std::string differences(const Identity& before, const Identity& now);

}  // namespace kdseg::train
