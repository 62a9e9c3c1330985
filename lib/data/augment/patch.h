// Where training patches lie in their volumes.
#pragma once
#include <cstdint>
#include <vector>

#include "base/random.h"
#include "base/volume.h"

namespace kdseg::data {

/// Gives a sample's box (x, y, z) the size of the patch, at any position within it; centered along
/// axes where it is smaller. A patch of two sides leaves z alone.
void place_anywhere(const std::vector<int64_t>& patch, Box& box, Random& random);

/// The same with the patch's middle anywhere in the box of the label's foreground, `margin` voxels
/// wider on every side; without foreground in the box of the brain, without that in the volume. The
/// patch is moved into the volume where it reaches beyond.
/// Source: Lachinov et al. 2020, code.
void place_near_label(const std::vector<int64_t>& patch, const Case& volume, int64_t margin,
                      Box& box, Random& random);

}  // namespace kdseg::data
