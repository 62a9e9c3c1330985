// What each file format offers to scan.cpp: decoding and encoding of whole volumes.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/volume.h"
#include "image/component.h"

namespace kdseg::image {

/// A decoded file: one or several volumes (4th dimension) on one grid.
struct Decoded {
  Grid grid;
  int64_t channels = 1;
  Component component = Component::float32;  ///< as stored
  std::vector<float> voxels;   ///< after slope and intercept; empty for a header, or with codes
  std::vector<uint8_t> codes;  ///< under Part::codes, where the file stores such numbers unscaled
  bool unit_known = true;  ///< false: the header names no unit of length, millimeters are assumed
  bool placed = true;      ///< false: the header says nothing of the patient's position
  std::string contradiction;  ///< of the header with itself, and what of it is used; empty: none
  /// A segmentation of 3D Slicer: its extent may be smaller than that of the scan it belongs to.
  bool segmentation = false;
};

/// A volume to be stored as it is.
struct Encoded {
  Grid grid;
  int64_t channels = 1;
  Component component = Component::float32;
  std::vector<std::byte> voxels;
  std::string description;
};

/// What is wanted of a file; codes: all of it, whole numbers from 0 to 255 as they are if the
/// format can tell.
enum class Part { header, all, codes };

/// All of these throw DataError naming the file when it cannot be read.
Decoded read_nifti(const std::string& path, Part part);
Decoded read_nrrd(const std::string& path, Part part);
Decoded read_meta(const std::string& path, Part part);
/// A DICOM file with several frames (a single slice is an error), or a folder that holds one
/// series; also says that a file is of no known format.
Decoded read_dicom(const std::string& path, Part part);

/// These write straight to `path` and throw RunError.
void encode_nifti(const std::string& path, const Encoded& volume);
void encode_nrrd(const std::string& path, const Encoded& volume);
void encode_meta(const std::string& path, const Encoded& volume);
void encode_png(const std::string& path, int width, int height, const std::vector<uint8_t>& rgb);

/// Refuses sizes that the file cannot possibly hold (deflate shrinks at most 1032 times), or that
/// only gigabytes of the same value could be, before memory is set aside for them.
void require_plausible_size(const std::string& path, double bytes);

/// Origin, spacing and direction from the columns of an LPS voxel-to-world matrix (row-major 3x4).
/// \throws DataError  axes that are missing, or more than 3 degrees from perpendicular
Grid grid_from_affine(const std::string& path, const std::array<int64_t, 3>& size,
                      const std::array<double, 12>& affine);

}  // namespace kdseg::image
