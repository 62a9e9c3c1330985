#include "data/augment/patch.h"

#include <algorithm>

#include "voxels/chain.h"

namespace kdseg::data {
namespace {

int64_t drawn(int64_t count, Random& random) {
  return static_cast<int64_t>(random.below(static_cast<uint64_t>(count)));
}

/// The voxels that middles are drawn from.
Box middles(const Case& volume, int64_t margin) {
  const auto& size = volume.image.grid.size;
  if (volume.label) {
    Box box = voxels::bounding_box(*volume.label);
    if (box.size[0] > 0) {
      for (size_t a = 0; a < 3; ++a) {
        const int64_t end = std::min(box.begin[a] + box.size[a] + margin, size[a]);
        box.begin[a] = std::max<int64_t>(box.begin[a] - margin, 0);
        box.size[a] = end - box.begin[a];
      }
      return box;
    }
  }
  if (volume.brain)
    if (const Box box = voxels::bounding_box(*volume.brain); box.size[0] > 0) return box;
  return {{0, 0, 0}, size};
}

}  // namespace

void place_anywhere(const std::vector<int64_t>& patch, Box& box, Random& random) {
  for (size_t a = 0; a < patch.size(); ++a) {
    const int64_t room = box.size[a] - patch[a];
    box.size[a] = patch[a];
    box.begin[a] = room >= 0 ? drawn(room + 1, random) : -((-room) / 2);
  }
}

void place_near_label(const std::vector<int64_t>& patch, const Case& volume, int64_t margin,
                      Box& box, Random& random) {
  const Box from = middles(volume, margin);
  for (size_t a = 0; a < patch.size(); ++a) {
    const int64_t room = box.size[a] - patch[a];
    box.size[a] = patch[a];
    const int64_t middle = from.begin[a] + drawn(from.size[a], random);
    box.begin[a] = room >= 0 ? std::clamp<int64_t>(middle - patch[a] / 2, 0, room) : -((-room) / 2);
  }
}

}  // namespace kdseg::data
