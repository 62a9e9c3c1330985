// Scans as hospitals and data sets store them: NIfTI, NRRD, MHA, DICOM series.
#pragma once
#include <map>
#include <string>

#include "base/volume.h"

namespace kdseg::image {

/// A single-channel scan on its own grid, intensities after the file's slope and intercept.
struct Scan {
  Image image;            ///< one channel
  std::string component;  ///< on-disk voxel type: "int16", "uint8", "float32", ...
};

/// Reads a file, or a folder that holds one DICOM series.
/// \throws DataError  missing, unreadable, truncated, unknown format, not 3D, more than one
///                    component per voxel, several series in a folder, NaN or Inf voxels (count
///                    stated)
Scan read_scan(const std::string& path);

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
