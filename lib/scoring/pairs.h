// Which prediction is scored against which reference.
#pragma once
#include <string>
#include <vector>

#include "base/run_settings.h"

namespace kdseg::scoring {

/// Where predictions and references are looked for: `pairs`, or `selection.cases` with `prediction`
/// (a folder), or `prediction` with `reference` (two files or two folders).
struct Sources {
  CaseSelection selection;
  std::string prediction, reference, pairs;
  bool missing_is_worst = false;  ///< a case without prediction counts as predicted empty
};

/// One case's files.
struct Pair {
  std::string id;
  std::string prediction;  ///< empty: missing
  std::string reference;
  std::string brain;  ///< mask file; empty: the reference's own, if it has one
};

/// All pairs, sorted by id. A folder's file names without their extension are the ids; extensions
/// are .h5, .nii.gz, .nii, .nrrd, .mha, other files are passed over. A table of pairs has the
/// columns case (or id), reference, prediction and optionally brain; its paths start at its folder.
/// \throws UsageError  the sources do not go together, or the selection matches nothing
/// \throws DataError   a missing prediction (unless it counts as worst), two files of one id, a
///                     case listed twice, a folder that cannot be read
std::vector<Pair> pair_up(const Sources& sources);

}  // namespace kdseg::scoring
