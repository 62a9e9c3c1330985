// Images that programs made, as scans.
#pragma once
#include <string>

#include "base/volume.h"

namespace kdseg::intake {

/// A volume's image on the scan's own grid in float32; several channels as the volumes of a 4D
/// file. Voxels that were cut away have the channel's least value. The format follows the
/// extension; atomic. \throws DataError  the image does not fit its chain (the case is named)
void write_image_scan(const std::string& path, const Volume& volume);

}  // namespace kdseg::intake
