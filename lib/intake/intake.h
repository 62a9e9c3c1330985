// From scans to source volumes and back to the scan's own files.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "base/volume.h"
#include "image/scan.h"
#include "io/prediction_file.h"

namespace kdseg::intake {

/// Where one channel of a case is: a file of its own, or one volume of a 4D file.
struct ImageFile {
  std::string channel, path;
  size_t volume = 0, volumes = 1;  ///< which of how many; those of one file follow each other
};

/// What the files of one case are.
struct CaseFiles {
  std::string id, stratum;
  std::vector<ImageFile> images;
  /// A label scan, or a prediction of ours (.h5); empty: none.
  std::string label;
  /// Channel whose header counts for all, because those of this data set lie; empty: files are
  /// brought together by position, on the grid of t1, or else of the first.
  std::string header_authority = {};
  /// Soft labels: a 4D scan whose volumes are named by `share_order`, or a prediction with
  /// probabilities (.h5); empty: none.
  std::string share = {};
  std::vector<std::string> share_order = {};
  bool ignore_geometry = false;  ///< lay arrays over each other as they are
  bool nan_is_zero = false;      ///< voxels that are NaN are background
  /// Code and file of each structure where the label is in several masks; `label` is the first.
  std::vector<std::pair<int, std::string>> masks = {};
};

/// What the label codes mean.
struct LabelMeaning {
  ClassTable classes;
  std::vector<Region> regions;
  std::vector<std::pair<int, int>> aliases;  ///< code on disk -> code meant (421 -> 420)
};

/// Reads, checks and imports one case: axes brought nearest to LPS, cropped to content (the box of
/// the non-zero voxels of all sequences and the label; nothing is cut where the background is not
/// 0, as in CT), intensities untouched. One warning line each, starting with the case id, for
/// headers that differ, axes that were turned, NaN voxels read as 0, negative voxels and extreme
/// maxima of a scan on a zero background, a constant sequence, and label codes read under an alias.
/// No brain mask is made. Soft labels are brought into the order of the classes; they and
/// predictions must lie where the scans lie, and do not widen the box.
/// \throws UsageError  no image, a channel given twice, a label whose codes nobody explains
/// \throws DataError  missing or unreadable file, NaN or Inf; shapes differ (both files named), or
///                    positions (by more than a tenth of a voxel; amounts stated); every voxel of
///                    all sequences is 0; label values that are no whole numbers or no known code
///                    (codes and voxel counts stated); see also read_annotation()
Volume import_case(const CaseFiles& files, const LabelMeaning* meaning);

/// Says what is odd about the header of `file`: once in the life of a program that it names no unit
/// of length, or no position; once for every file that it contradicts itself.
void note_header(const std::string& file, const image::Scan& scan);
void note_header(const std::string& file, const image::CodeScan& scan);

/// The prediction on the scan's own grid with on-disk codes; background where voxels were cut away.
/// The format follows the extension; atomic. \throws DataError  the prediction does not fit its
/// chain or classes
void write_label_scan(const std::string& path, const io::Prediction& prediction);

/// Probabilities, or uncertainties in 0..100, on the scan's own grid as 4D NIfTI, one volume per
/// channel in the order of the prediction. Voxels that were cut away are background for certain.
/// \throws DataError  the prediction holds none
void write_probability_scan(const std::string& path, const io::Prediction& prediction);
void write_uncertainty_scan(const std::string& path, const io::Prediction& prediction);
/// One of Prediction::maps likewise; 0 where voxels were cut away.
void write_map_scan(const std::string& path, const io::Prediction& prediction,
                    const std::string& map);

}  // namespace kdseg::intake
