#include "voxels/content.h"

#include <algorithm>
#include <cstring>

#include "voxels/shape.h"

namespace kdseg::voxels {
namespace {

/// Place of the first voxel that is not 0, or n. Masks are mostly 0: eight voxels at a time.
int64_t first_set(const uint8_t* row, int64_t n) {
  int64_t i = 0;
  for (uint64_t eight = 0; i + 8 <= n; i += 8) {
    std::memcpy(&eight, row + i, 8);
    if (eight != 0) break;
  }
  while (i < n && row[i] == 0) ++i;
  return i;
}

}  // namespace

Box bounding_box(const std::array<int64_t, 3>& size, std::span<const uint8_t> mask) {
  require_shape("bounding_box", size, mask.size());
  std::array<int64_t, 3> low = size, high{-1, -1, -1};
  const uint8_t* row = mask.data();
  for (int64_t z = 0; z < size[2]; ++z)
    for (int64_t y = 0; y < size[1]; ++y, row += size[0]) {
      const int64_t first = first_set(row, size[0]);
      if (first == size[0]) continue;
      int64_t last = size[0] - 1;
      while (!row[last]) --last;
      low = {std::min(low[0], first), std::min(low[1], y), std::min(low[2], z)};
      high = {std::max(high[0], last), std::max(high[1], y), std::max(high[2], z)};
    }
  if (high[0] < 0) return Box{};
  return Box{low, {high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1}};
}

Box around(const Box& a, const Box& b) {
  if (a.size[0] == 0) return b;
  if (b.size[0] == 0) return a;
  Box both = a;
  for (size_t i = 0; i < 3; ++i) {
    const int64_t end = std::max(a.begin[i] + a.size[i], b.begin[i] + b.size[i]);
    both.begin[i] = std::min(a.begin[i], b.begin[i]);
    both.size[i] = end - both.begin[i];
  }
  return both;
}

std::vector<uint8_t> cut(const std::array<int64_t, 3>& size, std::span<const uint8_t> mask,
                         const Box& box) {
  std::vector<uint8_t> out;
  out.reserve(static_cast<size_t>(box.size[0] * box.size[1] * box.size[2]));
  for (int64_t z = box.begin[2]; z < box.begin[2] + box.size[2]; ++z)
    for (int64_t y = box.begin[1]; y < box.begin[1] + box.size[1]; ++y) {
      const uint8_t* row = mask.data() + (z * size[1] + y) * size[0] + box.begin[0];
      out.insert(out.end(), row, row + box.size[0]);
    }
  return out;
}

}  // namespace kdseg::voxels
