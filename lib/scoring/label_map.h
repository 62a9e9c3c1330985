// Label maps, brain masks and probabilities of one case, brought to one grid.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/volume.h"
#include "io/prediction_file.h"
#include "scoring/regions.h"

namespace kdseg::scoring {

/// Class indices on the grid that is counted on, and the code that each index stands for.
struct LabelMap {
  std::string file, case_id;  ///< case_id is empty where the file does not say
  Labels labels;
  std::vector<int> codes;
  std::optional<RegionSet> regions;  ///< what the file itself says about its classes
  std::vector<uint8_t> brain;        ///< on the same grid; empty: none
  /// A segmentation of 3D Slicer: background beyond its extent.
  bool part = false;
};

/// Which grid scores are counted on: that of the scan, or the one a file's arrays are stored on. A
/// prediction made from a prepared volume lies on that volume's grid.
enum class CountedOn { scan, stored };

/// A case volume, a prediction, or a scan file with whole numbers. Voxels that a case volume or a
/// prediction cut away are background. `with_brain` asks for a case volume's mask; a source volume
/// without one has the brain where t1 or, without t1, any channel is not 0 (skull-stripped scans).
/// `nan_is_zero`: NaN voxels of a scan file are background (a warning counts them).
/// \throws DataError  unreadable, without labels, not whole numbers, more than 256 codes
LabelMap read_label_map(const std::string& path, bool with_brain = false,
                        CountedOn grid = CountedOn::scan, bool nan_is_zero = false);

/// A predicted label map with the probabilities it came from and their uncertainties.
struct PredictedMap {
  LabelMap map;
  /// Set when the file carries any of both. Under CountedOn::stored its chain is empty.
  std::optional<io::Prediction> source;
};
PredictedMap read_predicted_map(const std::string& path, bool with_probability,
                                CountedOn grid = CountedOn::scan, bool nan_is_zero = false);

/// Non-zero where the scan file is. \throws DataError  unreadable
Labels read_mask(const std::string& path, bool nan_is_zero = false);

/// Probability of a region on the grid of the scan, 0 where voxels were cut away: the sum over the
/// region's classes for exclusive classes, the region's own channel otherwise.
/// \throws DataError  no channel for the region
std::vector<float> region_probability(const io::Prediction& prediction, const Region& region);

/// The classes and regions that a file names, without reading its voxels where possible; nothing
/// for a bare label map.
std::optional<RegionSet> described_regions(const std::string& path);

}  // namespace kdseg::scoring
