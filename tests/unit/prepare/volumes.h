// Small source volumes for the tests of recipes.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/volume.h"

namespace kdseg::test {

using Voxel = std::array<int64_t, 3>;

/// The grid of BraTS scans: LPS axes, 1 mm, origin (0, -239, 0).
inline Grid brats_grid(std::array<int64_t, 3> size = {240, 240, 155}) {
  Grid grid;
  grid.size = size;
  grid.origin_mm = {0, -239, 0};
  return grid;
}

inline size_t flat(const Grid& grid, const Voxel& v) {
  return static_cast<size_t>((v[2] * grid.size[1] + v[1]) * grid.size[0] + v[0]);
}

/// A source volume that fills `content` of the scan grid; intensities by channel and scan voxel.
inline Volume source_volume(const Grid& scan, const Box& content, std::vector<std::string> channels,
                            const std::function<float(size_t, const Voxel&)>& intensity) {
  Volume volume;
  volume.data.id = "case-1";
  Grid grid = scan;
  grid.size = content.size;
  for (int r = 0; r < 3; ++r)
    for (int a = 0; a < 3; ++a)
      grid.origin_mm[r] += scan.direction[r * 3 + a] * scan.spacing_mm[a] * content.begin[a];
  volume.chain = {scan, {content}};
  volume.data.image = {grid, channels, {}};
  for (size_t c = 0; c < channels.size(); ++c)
    for (int64_t z = 0; z < grid.size[2]; ++z)
      for (int64_t y = 0; y < grid.size[1]; ++y)
        for (int64_t x = 0; x < grid.size[0]; ++x)
          volume.data.image.voxels.push_back(
              intensity(c, {x + content.begin[0], y + content.begin[1], z + content.begin[2]}));
  return volume;
}

}  // namespace kdseg::test
