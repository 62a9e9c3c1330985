// Band-limited Gaussian random fields whose values depend on the place in the head, not on the
// grid.
#pragma once
#include <vector>

#include "base/random.h"
#include "phantom/frame.h"

namespace kdseg::phantom {

/// A field of mean 0 and standard deviation 1 at every voxel, as smooth as white noise filtered by
/// a Gaussian of `sigma_mm` (> 0). Finer grids sample the same field more densely.
///
/// Independent normals on a lattice of spacing sqrt(3) sigma are blended by cubic B-splines, whose
/// standard deviation is then sigma; weights are scaled so that the variance is 1 everywhere.
/// Differs from filtering white noise on the grid: same spectrum to within the difference between a
/// B-spline and a Gaussian, at a cost that does not grow with sigma.
std::vector<float> smooth_noise(const Frame& frame, Random stream, double sigma_mm);

}  // namespace kdseg::phantom
