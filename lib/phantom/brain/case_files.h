// One case on disk: file names, planted faults, and reading a finished case back.
#pragma once
#include <filesystem>
#include <string>

#include "phantom/brain/brain_case.h"
#include "phantom/patients.h"

namespace kdseg::phantom {

/// Where a case goes and what makes it special.
struct CasePlace {
  std::filesystem::path root;    ///< the cohort's folder
  std::filesystem::path folder;  ///< the case's, relative to root
  std::string id;
  bool labelled = true;
  std::vector<std::string> planted;
  bool has(const std::string& fault) const;
};

/// "Brats18_SYN01_0001_1" for index 0.
std::string case_id(int64_t index, bool odd_prefix);

/// Writes all files into a hidden folder beside the case's own and renames it. The faults change
/// files, never what the random numbers give.
void write_case(const CasePlace& place, const Grid& grid, const BrainCase& made,
                const std::string& description);

/// A finished case without planted faults, as written.
/// \throws DataError  a file is missing, unreadable or on another grid
BrainCase read_case(const CasePlace& place, const Grid& grid);

/// The files of a finished case in order of their names.
std::vector<WrittenFile> files_of(const CasePlace& place);

}  // namespace kdseg::phantom
