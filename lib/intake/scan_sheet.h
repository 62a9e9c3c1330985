// Sheets of scans: which columns hold files, and what each row says.
#pragma once
#include <string>
#include <vector>

#include "intake/case_list.h"
#include "io/table.h"

namespace kdseg::intake {

/// The channels of one file: several names, split by commas, are the volumes of a 4D file.
std::vector<ImageFile> channels_of(const std::string& names, const std::string& path);

/// Adds the rows of a sheet of scans, as list_cases() describes; `list.manifest` names the channels
/// where there is one.
/// \throws DataError  no column of scans; a column of scans with something else in it; a case that
///                    is listed twice or whose id cannot be a file's name (line stated)
void list_scan_sheet(const io::Table& table, CaseList& list);

}  // namespace kdseg::intake
