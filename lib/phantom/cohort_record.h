// The JSON that describes a cohort.
#pragma once
#include <string>
#include <vector>

#include "phantom/cohort.h"
#include "phantom/gates.h"

namespace kdseg::phantom {

struct WrittenFile {
  std::string path, sha256;  ///< path relative to the cohort's folder
  int64_t bytes = 0;
};

struct WrittenCase {
  std::string id;
  bool labelled = true;
  std::vector<std::string> planted;
  CaseStatistics statistics;
  std::vector<WrittenFile> files;
};

/// Everything that decides the bytes of the cases; equal texts mean that work can continue.
std::string settings_record(const CohortSettings& settings, const Grid& grid, double head_scale);

/// cohort.json: the settings, then gates, cases and files.
std::string cohort_record(const CohortSettings& settings, const Grid& grid, double head_scale,
                          const std::vector<Gate>& gates, const std::vector<WrittenCase>& cases);

}  // namespace kdseg::phantom
