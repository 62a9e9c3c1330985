// The JSON that describes a cohort.
#pragma once
#include <string>
#include <vector>

#include "phantom/cohort.h"
#include "phantom/patients.h"

namespace kdseg::phantom {

/// Everything that decides the bytes of the cases; equal texts mean that work can continue.
std::string settings_record(const CohortSettings& settings, const char* layout,
                            const Patients& patients);

/// cohort.json: the settings, then gates, cases and files.
std::string cohort_record(const CohortSettings& settings, const char* layout,
                          const Patients& patients, const std::vector<Gate>& gates,
                          const std::vector<WrittenCase>& cases);

}  // namespace kdseg::phantom
