// Scans as hospitals and data sets store them: NIfTI, NRRD, MHA, DICOM series.
#pragma once
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/volume.h"

namespace kdseg::image {

/// A single-channel scan on its own grid, intensities after the file's slope and intercept.
struct Scan {
  Image image;             ///< one channel
  std::string component;   ///< on-disk voxel type: "int16", "uint8", "float32", ...
  int64_t nan_voxels = 0;  ///< left as they are, under NanVoxels::kept
  bool unit_known = true;  ///< false: the header names no unit of length, millimeters are assumed
  bool placed = true;      ///< false: the header says nothing of the patient's position
  std::string contradiction;  ///< of the header with itself, and what of it is used; empty: none
  /// A segmentation of 3D Slicer: its extent may be smaller than that of the scan it belongs to.
  bool segmentation = false;
};

/// Infinite voxels are always refused.
enum class NanVoxels { refused, kept };

/// Reads a file, or a folder that holds one DICOM series. Lengths are converted to millimeters
/// where a header names another unit.
/// \throws DataError  missing, unreadable, truncated, unknown format, not 3D, more than one
///                    component per voxel, several series in a folder, NaN or Inf voxels (count
///                    stated)
Scan read_scan(const std::string& path, NanVoxels nan = NanVoxels::refused);

/// The volumes of a 4D file, in its order. \throws DataError  as read_scan, and when it does not
/// hold `count` volumes
std::vector<Scan> read_scans(const std::string& path, size_t count,
                             NanVoxels nan = NanVoxels::refused);

/// A label scan as its file stores it: whole numbers from 0 to 255.
struct CodeScan {
  Grid grid;
  std::vector<uint8_t> codes;
  bool unit_known = true, placed = true;  ///< as in Scan
  std::string contradiction;              ///< as in Scan
  bool segmentation = false;              ///< as in Scan
};

/// read_scan, but small whole numbers without the way over floats where the format can tell.
std::variant<CodeScan, Scan> read_codes(const std::string& path,
                                        NanVoxels nan = NanVoxels::refused);

/// Header only. Errors as read_scan.
Grid read_grid(const std::string& path);

struct WriteOptions {
  std::string component = "float32";  ///< "int16" and "uint8" round to nearest, refuse overflow
  std::string description;            ///< NIfTI `descrip`, at most 79 characters
};
/// Atomic; the format follows the extension (.nii, .nii.gz, .nrrd, .mha).
/// \throws RunError cannot write; UsageError unknown extension
void write_scan(const std::string& path, const Grid& grid, const float* voxels,
                const WriteOptions& options = {});

/// Label codes (any integer) as the smallest fitting integer type.
void write_codes(const std::string& path, const Grid& grid, const std::vector<int>& codes,
                 const std::string& description = {});

/// 4D NIfTI of [K,z,y,x] probabilities.
void write_channels(const std::string& path, const Image& image,
                    const std::string& description = {});
Image read_channels(const std::string& path);  ///< 3D gives one channel

/// 8-bit RGB picture, [row][column][3].
void write_png(const std::string& path, int width, int height, const std::vector<uint8_t>& rgb);

}  // namespace kdseg::image
