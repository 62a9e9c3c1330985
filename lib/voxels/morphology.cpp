#include "voxels/morphology.h"

#include <cstdlib>

#include "voxels/shape.h"

namespace kdseg::voxels {
namespace {

using Triple = std::array<int64_t, 3>;

/// Steps to the neighbors, as x, y, z and as distance in the array.
struct Neighborhood {
  std::vector<Triple> steps;
  std::vector<int64_t> offsets;

  Neighborhood(const Triple& size, Neighbors neighbors) {
    const int reach = neighbors == Neighbors::faces ? 1 : neighbors == Neighbors::edges ? 2 : 3;
    for (int64_t z = -1; z <= 1; ++z)
      for (int64_t y = -1; y <= 1; ++y)
        for (int64_t x = -1; x <= 1; ++x) {
          const int64_t changed = std::abs(x) + std::abs(y) + std::abs(z);
          if (changed == 0 || changed > reach) continue;
          steps.push_back({x, y, z});
          offsets.push_back((z * size[1] + y) * size[0] + x);
        }
  }
};

Triple position(int64_t index, const Triple& size) {
  return {index % size[0], index / size[0] % size[1], index / (size[0] * size[1])};
}

bool inside(const Triple& at, const Triple& step, const Triple& size) {
  for (int i = 0; i < 3; ++i)
    if (at[i] + step[i] < 0 || at[i] + step[i] >= size[i]) return false;
  return true;
}

bool interior(const Triple& at, const Triple& size) {
  for (int i = 0; i < 3; ++i)
    if (at[i] == 0 || at[i] == size[i] - 1) return false;
  return true;
}

std::vector<uint8_t> as_ones(std::span<const uint8_t> mask, std::vector<int64_t>& set) {
  std::vector<uint8_t> ones(mask.size());
  for (size_t i = 0; i < mask.size(); ++i)
    if (mask[i]) {
      ones[i] = 1;
      set.push_back(static_cast<int64_t>(i));
    }
  return ones;
}

}  // namespace

std::vector<uint8_t> dilate(const std::array<int64_t, 3>& size, std::span<const uint8_t> mask,
                            Neighbors neighbors, int iterations) {
  require_shape("dilate", size, mask.size());
  const Neighborhood around(size, neighbors);
  std::vector<int64_t> frontier, added;
  std::vector<uint8_t> out = as_ones(mask, frontier);
  for (int round = 0; round < iterations && !frontier.empty(); ++round) {
    added.clear();
    for (const int64_t index : frontier) {
      const Triple at = position(index, size);
      const bool free = interior(at, size);
      for (size_t n = 0; n < around.steps.size(); ++n) {
        if (!free && !inside(at, around.steps[n], size)) continue;
        uint8_t& voxel = out[index + around.offsets[n]];
        if (voxel) continue;
        voxel = 1;
        added.push_back(index + around.offsets[n]);
      }
    }
    frontier.swap(added);
  }
  return out;
}

std::vector<uint8_t> erode(const std::array<int64_t, 3>& size, std::span<const uint8_t> mask,
                           Neighbors neighbors, int iterations) {
  require_shape("erode", size, mask.size());
  const Neighborhood around(size, neighbors);
  std::vector<int64_t> set, kept, removed;
  std::vector<uint8_t> out = as_ones(mask, set);
  for (int round = 0; round < iterations && !set.empty(); ++round) {
    kept.clear();
    removed.clear();
    for (const int64_t index : set) {
      const Triple at = position(index, size);
      bool stays = interior(at, size);  // beyond the array counts as unset
      if (!stays) {
        stays = true;
        for (const Triple& step : around.steps) stays = stays && inside(at, step, size);
      }
      for (size_t n = 0; stays && n < around.offsets.size(); ++n)
        stays = out[index + around.offsets[n]] != 0;
      (stays ? kept : removed).push_back(index);
    }
    for (const int64_t index : removed) out[index] = 0;
    set.swap(kept);
  }
  return out;
}

}  // namespace kdseg::voxels
