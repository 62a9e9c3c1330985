// Faults that real data sets are known to have, planted on request to test importers.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace kdseg::phantom {

struct FaultKind {
  const char* name;
  const char* meaning;
  bool of_cohort;  ///< concerns the folders of all cases, not one case
};

/// "name: meaning; name: meaning" for help pages.
std::string describe(const std::vector<FaultKind>& kinds);

/// Which faults each case has, by case index from 0; cohort-wide ones under `cohort`.
struct Plants {
  std::map<int64_t, std::vector<std::string>> by_case;
  std::vector<std::string> cohort;
  std::vector<std::string> of(int64_t index) const;
  bool has(int64_t index, const std::string& fault) const;
  bool cohort_has(const std::string& fault) const;
};

/// Entries are "FAULT" or "FAULT=N" with N the case number from 1; without one, the first entry
/// goes to case 1, the second to case 2, and around.
/// \throws UsageError  unknown fault, or a case number outside 1..cases
Plants parse_plants(const std::vector<FaultKind>& kinds, const std::vector<std::string>& entries,
                    int64_t cases);

}  // namespace kdseg::phantom
