// The scans of one case, read and brought to one place.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "image/scan.h"
#include "intake/intake.h"

namespace kdseg::intake {

/// The files of a case on one grid.
struct CaseScans {
  std::vector<image::Scan> images;  ///< in the order of CaseFiles::images
  std::optional<image::Scan> label;
  Grid grid;
  /// Channels (and `label`) that lie elsewhere by their header and were laid over the others as
  /// they are, because the user said so.
  std::vector<std::string> overlaid;
};

/// Where no header is named as the trusted one, arrays are brought together by position: swaps and
/// flips of axes are undone exactly, and a segmentation of 3D Slicer is placed inside the scan by
/// its offset. Where one is named, or positions are to be ignored, arrays are laid over each other
/// as they are and the trusted grid (by default that of t1, or else of the first image) counts. NaN
/// voxels stay where they are.
/// \param notes  receives a line where headers differ
/// \throws DataError  unreadable files; other sizes; positions that differ by more than a tenth of
///                    a voxel (amounts stated)
CaseScans read_case_scans(const CaseFiles& files, std::vector<std::string>& notes);

}  // namespace kdseg::intake
