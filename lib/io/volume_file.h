// Case volumes: <case>.h5 with /image, /label, /share, /brain.
#pragma once
#include <string>

#include "base/provenance.h"
#include "base/volume.h"
#include "io/tree.h"

namespace kdseg::io {

struct VolumeWriteOptions {
  bool force = false;
  bool half = false;       ///< store /image as float16
  Type share = Type::u16;  ///< of /share: u8, u16, f16 or f32
};

/// \return content_sha256. Errors as write_tree.
std::string write_volume(const std::string& path, const Volume& volume,
                         const Provenance& provenance, const VolumeWriteOptions& options = {});

/// \throws DataError as read_tree, and for shapes, classes or attributes that do not fit together
Volume read_volume(const std::string& path);

/// The same as if there were no label: neither /label nor /share is read.
Volume read_volume_without_label(const std::string& path);

/// Everything but the voxels (image.voxels, label->voxels, brain->voxels, share->image.voxels stay
/// empty; label, brain and share tell whether they are there).
Volume read_volume_header(const std::string& path);

/// Chains and grids as JSON text, the form used in attributes.
std::string chain_to_json(const Chain& chain);
Chain chain_from_json(const std::string& text);

}  // namespace kdseg::io
