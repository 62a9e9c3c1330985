// What may be mended in decoded labels: regions too small to be believed, specks beside the
// foreground.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/volume.h"

namespace kdseg::infer {

/// A region of fewer voxels than `voxels` in a case becomes `otherwise`.
struct LeastRegion {
  std::string region;
  int64_t voxels = 0;
  std::string otherwise = "background";  ///< a class
};

struct Postprocessing {
  std::vector<LeastRegion> regions;  ///< in this order
  /// Connected components (26 neighbors) of the foreground with fewer voxels than this fraction of
  /// the whole foreground become background; 0: none.
  double least_component = 0;

  bool any() const { return !regions.empty() || least_component > 0; }
};

/// "ET=33:NCR", "ET=33": REGION=N:CLASS. \throws UsageError  another form
LeastRegion parse_least_region(const std::string& text);

/// Regions first, then components of what is left.
/// \throws UsageError  a region or class that there is not (nearest named)
void postprocess(Labels& label, const ClassTable& classes, const std::vector<Region>& regions,
                 const Postprocessing& rules);

}  // namespace kdseg::infer
