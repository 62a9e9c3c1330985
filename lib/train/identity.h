// What makes two runs the same run: the settings that decide its result.
#pragma once
#include <string>
#include <vector>

#include "train/settings.h"
#include "train/training_cases.h"

namespace kdseg::train {

/// Names and values in a fixed order.
using Identity = NamedValues;

/// All of a program's resolved settings but those that leave the result as it is (threads, paths,
/// loading, saving, logging); in place of files and selections what they hold: the cases'
/// content, the recipe's text, the checkpoints' ids. A setting that is not known here counts.
/// `files`: checkpoints and recipes that settings name, each with the setting's name.
Identity identity_of(const NamedValues& settings, const TrainingCases& cases,
                     const std::vector<std::pair<std::string, std::string>>& files);

std::string hash_of(const Identity& identity);  ///< 16 hex digits

/// "epochs was 4, is 5": what differs, at most three; empty when nothing does.
std::string differences(const Identity& before, const Identity& now);

}  // namespace kdseg::train
