#include "prepare/placement.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "voxels/chain.h"

namespace kdseg::prepare {
namespace {

int64_t floor_half(int64_t value) { return value >= 0 ? value / 2 : -((1 - value) / 2); }

/// The uncut grid: the scan's axes permuted and resampled as the chain says, boxes passed over.
Grid uncut_grid(const Chain& chain, const std::string& orientation) {
  Grid grid = chain.source;
  for (const auto& step : chain.steps)
    if (!std::holds_alternative<Box>(step)) grid = voxels::grid_after(grid, step);
  return voxels::grid_after(grid, voxels::reorient_to(grid, orientation));
}

}  // namespace

Labels common_voxels(const Image& image, std::span<const std::string> channels,
                     std::vector<std::string>* used) {
  Labels mask{image.grid, {}};
  const auto count = static_cast<size_t>(image.grid.voxel_count());
  for (const auto& name : channels) {
    const auto found = std::find(image.channels.begin(), image.channels.end(), name);
    if (found == image.channels.end()) continue;
    if (used) used->push_back(name);
    if (mask.voxels.empty()) mask.voxels.assign(count, 1);
    const float* values = image.channel(static_cast<size_t>(found - image.channels.begin()));
    for (size_t i = 0; i < count; ++i) mask.voxels[i] &= values[i] != 0.0f;
  }
  if (mask.voxels.empty()) mask.voxels.assign(count, 0);
  return mask;
}

Box centered_box(const Size& size, const Size& target) {
  Box box;
  for (int a = 0; a < 3; ++a) box.begin[a] = -floor_half(target[a] - size[a]);
  box.size = target;
  return box;
}

Box scan_center_box(const Chain& chain, const Grid& current, const std::string& orientation,
                    const Size& target) {
  const Grid whole = uncut_grid(chain, orientation);
  Box box = centered_box(whole.size, target);
  for (int a = 0; a < 3; ++a) {
    double offset = 0;
    for (int r = 0; r < 3; ++r)
      offset += whole.direction[r * 3 + a] * (current.origin_mm[r] - whole.origin_mm[r]);
    offset /= whole.spacing_mm[a];
    if (std::abs(offset - std::round(offset)) > 0.01)
      throw DataError("the volume's voxels do not lie on the scan's grid ({:.3f} voxels off)",
                      offset - std::round(offset));
    box.begin[a] -= static_cast<int64_t>(std::llround(offset));
  }
  return box;
}

Size common_size(const Size& largest, int64_t multiple, std::span<const std::string> equal_axes) {
  Size size;
  for (int a = 0; a < 3; ++a) size[a] = (largest[a] + multiple - 1) / multiple * multiple;
  int64_t shared = 0;
  const auto axis_of = [](const std::string& name) { return static_cast<size_t>(name[0] - 'x'); };
  for (const auto& name : equal_axes) shared = std::max(shared, size[axis_of(name)]);
  for (const auto& name : equal_axes) size[axis_of(name)] = shared;
  return size;
}

Box intersection_of_boxes(const Image& image, std::span<const std::string> channels) {
  Size begin{0, 0, 0}, end = image.grid.size;
  for (const auto& name : channels) {
    const Box own = voxels::bounding_box(common_voxels(image, std::span(&name, 1)));
    for (int a = 0; a < 3; ++a) {
      begin[a] = std::max(begin[a], own.begin[a]);
      end[a] = std::min(end[a], own.begin[a] + own.size[a]);
    }
  }
  Box box;
  box.begin = begin;
  for (int a = 0; a < 3; ++a) box.size[a] = std::max<int64_t>(0, end[a] - begin[a]);
  return box;
}

}  // namespace kdseg::prepare
