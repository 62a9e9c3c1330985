// Cohorts of patients with gliomas in the layout of BraTS 2018.
#pragma once
#include "phantom/patients.h"

namespace kdseg::phantom {

/// odd-seg-name, plain-nii, header-mismatch, ...
const std::vector<FaultKind>& brain_faults();
std::vector<std::string> brain_settings(const CohortSettings& settings);
std::unique_ptr<Patients> brain_patients(const CohortSettings& settings);

}  // namespace kdseg::phantom
