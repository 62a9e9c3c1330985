#include "voxels/components.h"

#include <cstdlib>
#include <limits>

#include "voxels/shape.h"

namespace kdseg::voxels {
namespace {

/// Provisional labels that turned out to be one component, as a forest whose roots are the least.
class Forest {
 public:
  int32_t add() {
    parent_.push_back(static_cast<int32_t>(parent_.size()));
    return parent_.back();
  }
  int32_t root(int32_t a) {
    while (parent_[a] != a) a = parent_[a] = parent_[parent_[a]];
    return a;
  }
  int32_t join(int32_t a, int32_t b) {
    a = root(a);
    b = root(b);
    if (a > b) std::swap(a, b);
    parent_[b] = a;
    return a;
  }
  size_t size() const { return parent_.size(); }

 private:
  std::vector<int32_t> parent_{0};
};

struct Back {
  int64_t x, y, z, offset;
};

/// The neighbors that come before a voxel in the array.
std::vector<Back> earlier(const std::array<int64_t, 3>& size, Neighbors neighbors) {
  const int reach = neighbors == Neighbors::faces ? 1 : neighbors == Neighbors::edges ? 2 : 3;
  std::vector<Back> out;
  for (int64_t z = -1; z <= 0; ++z)
    for (int64_t y = -1; y <= 1; ++y)
      for (int64_t x = -1; x <= 1; ++x) {
        const int64_t changed = std::abs(x) + std::abs(y) + std::abs(z);
        const bool before = z < 0 || (z == 0 && (y < 0 || (y == 0 && x < 0)));
        if (before && changed <= reach) out.push_back({x, y, z, (z * size[1] + y) * size[0] + x});
      }
  return out;
}

}  // namespace

Components connected_components(const std::array<int64_t, 3>& size, std::span<const uint8_t> mask,
                                Neighbors neighbors) {
  require_shape("connected_components", size, mask.size());
  if (mask.size() > static_cast<size_t>(std::numeric_limits<int32_t>::max()))
    throw UsageError("connected_components: {} voxels; at most 2^31 - 1", mask.size());
  const std::vector<Back> before = earlier(size, neighbors);
  Components out;
  out.label.resize(mask.size());
  Forest forest;
  int64_t index = 0;
  for (int64_t z = 0; z < size[2]; ++z)
    for (int64_t y = 0; y < size[1]; ++y)
      for (int64_t x = 0; x < size[0]; ++x, ++index) {
        if (!mask[index]) continue;
        int32_t label = 0;
        for (const Back& b : before) {
          if (x + b.x < 0 || x + b.x >= size[0] || y + b.y < 0 || y + b.y >= size[1] || z + b.z < 0)
            continue;
          const int32_t other = out.label[index + b.offset];
          if (other == 0 || other == label) continue;
          label = label == 0 ? other : forest.join(label, other);
        }
        out.label[index] = label ? label : forest.add();
      }
  std::vector<int32_t> final_label(forest.size());
  for (size_t i = 1; i < forest.size(); ++i) {
    const int32_t root = forest.root(static_cast<int32_t>(i));
    final_label[i] = root == static_cast<int32_t>(i) ? ++out.count : final_label[root];
  }
  out.voxels.resize(out.count + 1);
  for (int32_t& label : out.label) {
    label = final_label[label];
    ++out.voxels[label];
  }
  return out;
}

std::vector<uint8_t> fill_holes(const std::array<int64_t, 3>& size, std::span<const uint8_t> mask) {
  std::vector<uint8_t> unset(mask.size());
  for (size_t i = 0; i < mask.size(); ++i) unset[i] = mask[i] == 0;
  const Components parts = connected_components(size, unset, Neighbors::faces);
  std::vector<uint8_t> open(static_cast<size_t>(parts.count) + 1);
  int64_t index = 0;
  for (int64_t z = 0; z < size[2]; ++z)
    for (int64_t y = 0; y < size[1]; ++y)
      for (int64_t x = 0; x < size[0]; ++x, ++index)
        if (x == 0 || y == 0 || z == 0 || x == size[0] - 1 || y == size[1] - 1 || z == size[2] - 1)
          open[parts.label[index]] = 1;
  std::vector<uint8_t> filled(mask.size());
  for (size_t i = 0; i < mask.size(); ++i) filled[i] = !unset[i] || !open[parts.label[i]];
  return filled;
}

}  // namespace kdseg::voxels
