// Uncertainty maps of one case, brought to the scan's own grid.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "io/prediction_file.h"
#include "scoring/pairs.h"
#include "scoring/regions.h"

namespace kdseg::scoring {

/// Where a case's maps are: files named by the pair, or else the prediction's own.
class UncertaintyMaps {
 public:
  /// \param own  the prediction as it was read; nothing for a bare label map
  /// \throws DataError  a file of the pair is unreadable or holds no uncertainties
  UncertaintyMaps(const Pair& pair, const std::optional<io::Prediction>& own);

  bool empty() const;
  /// Of the file that holds the maps of all regions; empty where there is none.
  std::string case_id() const { return loaded_ ? loaded_->case_id : std::string(); }

  /// The map of a region on the grid of the scan, [z][y][x] in 0..100; 0 where voxels were cut
  /// away. Nothing where there is none of this name. A file with a single map and no names is that
  /// of `only_region`.
  /// \throws DataError  unreadable, a NaN or a value outside 0..100, a map without a name for one
  ///                    of several regions, another grid than `reference` (unless
  ///                    `ignore_geometry` and only the position differs)
  std::optional<std::vector<float>> of(const Region& region, bool only_region,
                                       const Grid& reference, bool ignore_geometry) const;

 private:
  const Pair& pair_;
  std::optional<io::Prediction> loaded_;
  const io::Prediction* source_ = nullptr;
};

}  // namespace kdseg::scoring
