// Headers of NIfTI-1 and NIfTI-2 files, checked against the standard and against the file that
// holds them.
#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "image/component.h"

namespace kdseg::image {

/// What a header says that is used here, in this machine's byte order.
struct NiftiHeader {
  std::array<int64_t, 3> size{1, 1, 1};
  int64_t volumes = 1;  ///< the fourth dimension
  Component component = Component::float32;
  bool swapped = false;                     ///< voxels have the other byte order
  std::array<float, 4> pixdim{1, 1, 1, 1};  ///< qfac (1 or -1), then the spacing, > 0
  int qform_code = 0, sform_code = 0;
  std::array<float, 6> quatern{};  ///< b c d, then the offset x y z
  std::array<double, 12> srow{};   ///< RAS, row by row
  double slope = 1, intercept = 0;
  double mm_per_unit = 1;
  bool unit_known = true;   ///< false: the header names none, millimeters are assumed
  std::string voxel_file;   ///< the file itself, or the .img of a pair
  int64_t voxel_begin = 0;  ///< byte in the uncompressed voxel file

  int64_t voxel_bytes() const;  ///< of all volumes
};

/// Reads and checks a header; whether a file is compressed is seen from its first bytes, not from
/// its name. Of a pair either name may be given; a single file never leads to another.
/// \throws DataError  no such header (Analyze is named); not three dimensions, more than one value
///                    per voxel or a voxel type that is none of ours; a dimension, spacing,
///                    position, scale or byte place that is not finite, not positive or
///                    contradicts another; more voxels than the file holds or could hold
///
/// Source: NIfTI-1.1 and NIfTI-2 data formats, nifti.nimh.nih.gov (byte places, fields, units).
NiftiHeader read_nifti_header(const std::string& path);

/// The stored voxels in this machine's byte order. Reads to the end of a compressed file, where
/// its checksum and length stand.
/// \throws DataError  fewer or clearly more bytes than the header promises, a wrong checksum
std::vector<std::byte> read_nifti_voxels(const std::string& path, const NiftiHeader& header);

}  // namespace kdseg::image
