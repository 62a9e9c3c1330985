// Which prediction is scored against which reference.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/run_settings.h"

namespace kdseg::scoring {

/// Where predictions and references are looked for: `pairs`, or `selection.cases` with `prediction`
/// (a folder), or `prediction` with `reference` (two files or two folders).
struct Sources {
  CaseSelection selection;
  std::string prediction, reference, pairs;
  std::string uncertainty;        ///< a file, or a folder of <case>.h5 or <case>_<region>.nii.gz
  bool missing_is_worst = false;  ///< a case without prediction counts as predicted empty
};

/// One case's files.
struct Pair {
  std::string id;
  std::string prediction;  ///< empty: missing
  std::string reference;
  std::string brain;  ///< mask file; empty: the reference's own, if it has one
  /// File with the maps of all regions, or with the map of the only region that is scored; empty:
  /// the prediction's own maps, if it has any.
  std::string uncertainty;
  std::map<std::string, std::string> uncertainty_of;  ///< file with one map, by region
};

/// All pairs, sorted by id. A folder's file names without their extension are the ids; extensions
/// are .h5, .nii.gz, .nii, .nrrd, .mha, other files are passed over. A table of pairs has the
/// columns case (or id), reference, prediction and optionally brain, uncertainty and
/// uncertainty_REGION; its paths start at its folder. In a folder of uncertainties <case>.h5 and
/// <case>.<extension> belong to all regions, <case>_<region>.<extension> to one.
/// \throws UsageError  the sources do not go together, or the selection matches nothing
/// \throws DataError   a missing prediction (unless it counts as worst), two files of one id, a
///                     case listed twice, a folder that cannot be read, a case without uncertainty
///                     where a folder of them is given
std::vector<Pair> pair_up(const Sources& sources);

}  // namespace kdseg::scoring
