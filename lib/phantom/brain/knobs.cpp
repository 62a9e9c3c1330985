#include "phantom/brain/knobs.h"

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::phantom {

Grid grid_of_size(const std::string& size) {
  if (size == "tiny") return grid_of({48, 48, 32}, 4);
  if (size == "small") return grid_of({96, 112, 80}, 2);
  if (size == "full") return grid_of({240, 240, 155}, 1);
  throw UsageError("size: unknown word '{}'; known: tiny, small, full", size);
}

Grid grid_of(const std::vector<int64_t>& voxels, double spacing_mm) {
  if (voxels.size() != 3)
    throw UsageError("grid: expected three numbers of voxels, x y z, found {}", voxels.size());
  for (int64_t n : voxels)
    if (n < 16 || n > 512) throw UsageError("grid: {} voxels are outside 16..512", n);
  if (!(spacing_mm >= 0.5 && spacing_mm <= 8))
    throw UsageError("spacing: {} mm is outside 0.5..8", exact(spacing_mm));
  Grid grid;
  grid.size = {voxels[0], voxels[1], voxels[2]};
  grid.spacing_mm = {spacing_mm, spacing_mm, spacing_mm};
  grid.origin_mm = {0, -static_cast<double>(voxels[1] - 1) * spacing_mm, 0};
  return grid;
}

}  // namespace kdseg::phantom
