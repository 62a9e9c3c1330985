// What a DICOM file says about its frames, read by own code that trusts no length in it.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kdseg::image {

/// One image plane: a whole file of the usual kind, or one frame of a multi-frame file.
struct DicomFrame {
  std::optional<std::array<double, 3>> position_mm;  ///< center of its first pixel, LPS
  std::optional<std::array<double, 6>> orientation;  ///< along rows, along columns
  std::optional<std::array<double, 2>> spacing_mm;   ///< between rows (y), between columns (x)
  double slope = 1, intercept = 0;
  std::string temporal_position;  ///< as text; empty: not said
};

struct DicomHeader {
  std::string file;
  std::string sop_class, series;  ///< UIDs
  std::string image_type, echo_time, acquisition_time;
  std::string photometric;  ///< "MONOCHROME2"; empty: not said
  int64_t rows = 0, columns = 0, samples = 1, bits = 0;
  /// How many slices the series has by its own words, and how many images the acquisition that it
  /// came from, which may have given other series, too; 0: not said.
  int64_t slices_said = 0, acquired_said = 0;
  bool has_pixels = false;
  bool has_value_table = false;    ///< stored values are places in a table of the real ones
  std::vector<DicomFrame> frames;  ///< at least one where rows > 0

  bool is_image() const { return rows > 0 && columns > 0; }
};

/// Whether the file starts as DICOM does. \throws DataError, RunError  it cannot be read
bool starts_as_dicom(const std::string& path);

/// Reads the data set up to its pixels. Handles explicit and implicit little-endian and explicit
/// big-endian data sets, with and without preamble; pixels may be compressed.
/// \throws DataError  not DICOM, cut short, lengths that lead out of the file or of their item,
///                    sequences nested too deep, numbers that are none; fewer bytes of plain pixels
///                    than the image needs; the file is named
///
/// Source: DICOM PS3.5 (encoding) and PS3.3 C.7.6.16 (functional groups of multi-frame images).
DicomHeader read_dicom_header(const std::string& path);

}  // namespace kdseg::image
