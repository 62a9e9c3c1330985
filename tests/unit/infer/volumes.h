// A small source volume cut out of a scan.
#pragma once
#include "base/volume.h"
#include "voxels/chain.h"

namespace kdseg::test {

/// A source volume of 6x5x4 voxels cut out of a scan of 9x8x7; non-zero in x 1..4, y 1..3, z 1..2.
inline Volume source_volume() {
  Volume volume;
  Grid scan;
  scan.size = {9, 8, 7};
  volume.chain = {scan, {Box{{2, 1, 2}, {6, 5, 4}}}};
  volume.data.id = "X";
  volume.data.image = {voxels::grid_after(volume.chain), {"flair", "t1", "t2"}, {}};
  for (int c = 0; c < 3; ++c)
    for (int z = 0; z < 4; ++z)
      for (int y = 0; y < 5; ++y)
        for (int x = 0; x < 6; ++x) {
          const bool inside = x >= 1 && x <= 4 && y >= 1 && y <= 3 && z >= 1 && z <= 2;
          volume.data.image.voxels.push_back(
              inside ? static_cast<float>(100 * (c + 1) + 7 * x + 3 * y + z) : 0.0f);
        }
  return volume;
}

}  // namespace kdseg::test
