// The elements of a DICOM data set that are of use here, read by code that believes no length in
// it.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace kdseg::image {

using DicomTag = uint32_t;  ///< group << 16 | element

/// Functional groups of multi-frame images, and another sequence.
namespace dicom {
inline constexpr DicomTag shared_groups = 0x52009229, frame_groups = 0x52009230;
inline constexpr DicomTag plane_position = 0x00209113, plane_orientation = 0x00209116;
inline constexpr DicomTag pixel_measures = 0x00289110, pixel_values = 0x00289145,
                          frame_content = 0x00209111;
inline constexpr DicomTag value_table = 0x00283000;  ///< ModalityLUTSequence
}  // namespace dicom

/// One data set or item: values as text (binary numbers, too), and the items of sequences.
struct DicomItems {
  std::map<DicomTag, std::string> values;
  std::map<DicomTag, std::vector<DicomItems>> sequences;
};

/// Where the pixels begin.
struct DicomPixels {
  bool found = false, plain = true;  ///< plain: not compressed
  uint64_t bytes = 0;                ///< in the file
};

struct DicomDataSet {
  DicomItems items;
  DicomPixels pixels;
};

/// Reads the data set up to its pixels; compressed ones are followed to their end.
/// \throws DataError  as read_dicom_header()
DicomDataSet read_dicom_data_set(const std::string& path);

}  // namespace kdseg::image
