// Bounds on the text headers of MetaImage and NRRD, looked at before their libraries see a byte.
#pragma once
#include <string>

namespace kdseg::image {

/// The libraries copy lines into buffers of fixed size, take file names for print formats and
/// believe every count. What passes here has short lines, known fields of the right number of
/// finite numbers, and its voxels whole: in this file (.mha, .nrrd), or in one regular file beside
/// it (.mhd, .nhdr).
/// \throws DataError  anything else; the message names field and line
void check_meta_header(const std::string& path);
void check_nrrd_header(const std::string& path);

}  // namespace kdseg::image
