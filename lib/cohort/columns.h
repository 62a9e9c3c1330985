// Columns given for the cases of a sheet: somebody else's split or folds, a grade, a site.
#pragma once
#include <string>

#include "cohort/sheet.h"

namespace kdseg::cohort {

/// Joins the table at `path` (.tsv or .csv, with a column `case`) to the sheet. Its columns
/// `stratum`, `split` and `fold` fill those of the sheet, all others are added or replaced. A case
/// of the sheet that the table lacks keeps what it has (a warning counts them); cases of the table
/// that the sheet lacks are passed over.
/// \throws DataError  unreadable table, no further column, a column `file`, a case listed twice, a
///                    split other than train, val, test or nothing, no case in common
void add_columns(Sheet& sheet, const std::string& path);

}  // namespace kdseg::cohort
