// Voxels of a case that are no numbers: a background that some programs write, or damage.
#pragma once
#include <string>
#include <vector>

#include "intake/case_scans.h"

namespace kdseg::intake {

/// Sets NaN voxels of images and label to 0 under CaseFiles::nan_is_zero.
/// \param notes  receives one line with their counts
/// \throws DataError  NaN voxels, and they are not to be 0; or NaN voxels of an image where the
///                    label names a structure, which is no background
void settle_nan_voxels(const CaseFiles& files, CaseScans& scans, std::vector<std::string>& notes);

}  // namespace kdseg::intake
