// From scans to source volumes and back to the scan's own files.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/volume.h"
#include "io/prediction_file.h"

namespace kdseg::intake {

/// What the files of one case are.
struct CaseFiles {
  std::string id, stratum;
  std::vector<std::pair<std::string, std::string>> images;  ///< channel name, file
  std::string label;                                        ///< empty: none
};

/// What the label codes mean.
struct LabelMeaning {
  ClassTable classes;
  std::vector<Region> regions;
  std::vector<std::pair<int, int>> aliases;  ///< code on disk -> code meant (421 -> 420)
};

/// Reads, checks and imports one case: one orientation (LPS), cropped to content (union of non-zero
/// voxels over the sequences and the label), intensities untouched. Fix-ups are reported as
/// warnings with the case id.
/// \throws DataError  shapes differ, NaN or Inf, empty brain, unknown label code, missing file
Volume import_case(const CaseFiles& files, const LabelMeaning* meaning);

/// The prediction on the scan's own grid with on-disk codes; background where voxels were cut away.
/// .nii/.nii.gz: label codes; probabilities beside it when the path ends in _prob.nii.gz is not our
/// business: call write_probability_scan.
void write_label_scan(const std::string& path, const io::Prediction& prediction);
void write_probability_scan(const std::string& path, const io::Prediction& prediction);

}  // namespace kdseg::intake
