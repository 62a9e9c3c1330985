// Small made-up volumes for the tests of this folder.
#pragma once
#include <string>

#include "base/volume.h"

namespace kdseg {

/// Channel c, voxel v holds 1000 * number + 100 * c + v; the label is v mod 3, the brain v mod 5 !=
/// 0.
inline Volume numbered_volume(int number, std::array<int64_t, 3> size, int channels = 2) {
  Volume volume;
  Case& data = volume.data;
  data.id = "case" + std::to_string(number);
  data.image.grid.size = size;
  const auto voxels = static_cast<size_t>(data.image.grid.voxel_count());
  for (int c = 0; c < channels; ++c) {
    data.image.channels.push_back("c" + std::to_string(c));
    for (size_t v = 0; v < voxels; ++v)
      data.image.voxels.push_back(static_cast<float>(1000 * number + 100 * c) +
                                  static_cast<float>(v));
  }
  data.label = Labels{data.image.grid, std::vector<uint8_t>(voxels)};
  data.brain = Labels{data.image.grid, std::vector<uint8_t>(voxels)};
  for (size_t v = 0; v < voxels; ++v) {
    data.label->voxels[v] = static_cast<uint8_t>(v % 3);
    data.brain->voxels[v] = v % 5 != 0;
  }
  return volume;
}

}  // namespace kdseg
