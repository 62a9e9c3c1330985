// Dropout of single values; that of channels maps carry along (see maps.h).
#pragma once
#include "models/layers/maps.h"

namespace kdseg::models {

/// Zeroes values with probability p and scales the others by 1 / (1 - p); a random site of its own.
/// No change without noise or where p is 0.
Maps drop_values(const Maps& x, double p, const Context& context);

}  // namespace kdseg::models
