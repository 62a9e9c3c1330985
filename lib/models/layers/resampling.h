// Changes of resolution between layers.
#pragma once
#include "models/functions/linear.h"
#include "models/layers/maps.h"

namespace kdseg::models {

/// Maximum over blocks of two voxels along every axis; odd rests are dropped.
Maps max_pool_2(const Maps& x, const Context& context);

/// Nearest resize to the size of `like`.
Maps upsample_like(const Maps& x, const Maps& like, const Context& context);

/// Twice the size along every axis, linearly between voxels.
Maps upsample_linear_2(const Maps& x, LinearGrid grid, const Context& context);

}  // namespace kdseg::models
