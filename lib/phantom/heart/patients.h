// Cohorts of hearts in CT and MR in the layout of MM-WHS 2017.
#pragma once
#include "phantom/patients.h"

namespace kdseg::phantom {

/// plain-nii, label-header, unknown-code, one-folder.
const std::vector<FaultKind>& heart_faults();
std::vector<std::string> heart_settings(const CohortSettings& settings);
std::unique_ptr<Patients> heart_patients(const CohortSettings& settings);

}  // namespace kdseg::phantom
