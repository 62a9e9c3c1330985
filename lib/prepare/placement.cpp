#include "prepare/placement.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "voxels/chain.h"

namespace kdseg::prepare {
namespace {

int64_t floor_half(int64_t value) { return value >= 0 ? value / 2 : -((1 - value) / 2); }

/// The uncut grid: the scan's axes permuted and resampled as the chain says, boxes passed over.
Grid uncut_grid(const Chain& chain) {
  Grid grid = chain.source;
  for (const auto& step : chain.steps)
    if (!std::holds_alternative<Box>(step)) grid = voxels::grid_after(grid, step);
  return grid;
}

/// The voxel of `whole` that is voxel 0 of `current`, a part of it with the same axes.
Size offset_within(const Grid& whole, const Grid& current) {
  Size first{};
  for (int a = 0; a < 3; ++a) {
    double offset = 0;
    for (int r = 0; r < 3; ++r)
      offset += whole.direction[r * 3 + a] * (current.origin_mm[r] - whole.origin_mm[r]);
    offset /= whole.spacing_mm[a];
    if (std::abs(offset - std::round(offset)) > 0.01)
      throw DataError("the volume's voxels do not lie on the scan's grid ({:.3f} voxels off)",
                      offset - std::round(offset));
    first[a] = static_cast<int64_t>(std::llround(offset));
  }
  return first;
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
                    const Size& target, bool rest_in_front) {
  const Grid uncut = uncut_grid(chain);
  const Grid whole = voxels::grid_after(uncut, voxels::reorient_to(uncut, orientation));
  const Size first = offset_within(whole, current);
  Box box = centered_box(whole.size, target);
  for (int a = 0; a < 3; ++a) {
    const int64_t cut = whole.size[a] - target[a];
    if (!rest_in_front && cut > 0) box.begin[a] = cut / 2;
    box.begin[a] -= first[a];
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

std::pair<int64_t, int64_t> extended_range(int64_t first, int64_t second, int64_t least) {
  if (second - first >= least) return {first, second};
  const int64_t more = (least - (second - first)) / 2;
  first -= more;
  second += more + 1;
  if (first < 0) {
    second -= first;
    first = 0;
  }
  return {first, second};
}

Box content_box(const Image& image, std::span<const std::string> channels, const Chain& chain,
                int64_t least, bool inside) {
  Labels content{image.grid, std::vector<uint8_t>(static_cast<size_t>(image.grid.voxel_count()))};
  for (size_t c = 0; c < image.channels.size(); ++c) {
    if (std::find(channels.begin(), channels.end(), image.channels[c]) == channels.end()) continue;
    const float* values = image.channel(c);
    for (size_t i = 0; i < content.voxels.size(); ++i) content.voxels[i] |= values[i] != 0.0f;
  }
  const Box tight = voxels::bounding_box(content);
  if (tight == Box{}) return tight;
  const Grid whole = uncut_grid(chain);
  const Size offset = offset_within(whole, image.grid);
  Box box;
  for (int a = 0; a < 3; ++a) {
    const int64_t from = tight.begin[a] + offset[a];
    auto [begin, end] = extended_range(from, from + tight.size[a], least);
    if (inside && end > whole.size[a] && tight.size[a] < least)
      begin = std::max<int64_t>(0, std::min(from, whole.size[a] - least));
    box.begin[a] = begin - offset[a];
    box.size[a] = std::min(end, whole.size[a]) - begin;
  }
  return box;
}

void fill_with_minimum(Image& image, const Box& inside) {
  const Size& size = image.grid.size;
  const Size stride{1, size[0], size[0] * size[1]};
  Size low = inside.begin, high;  // of the part that holds values: grows axis by axis
  for (int a = 0; a < 3; ++a) high[a] = inside.begin[a] + inside.size[a];
  for (int a = 0; a < 3; ++a) {
    const int b = (a + 1) % 3, c = (a + 2) % 3;
    for (size_t channel = 0; channel < image.channels.size(); ++channel)
      for (int64_t j = low[c]; j < high[c]; ++j)
        for (int64_t i = low[b]; i < high[b]; ++i) {
          float* line = image.channel(channel) + i * stride[b] + j * stride[c];
          float least = line[low[a] * stride[a]];
          for (int64_t k = low[a]; k < high[a]; ++k) least = std::min(least, line[k * stride[a]]);
          for (int64_t k = 0; k < low[a]; ++k) line[k * stride[a]] = least;
          for (int64_t k = high[a]; k < size[a]; ++k) line[k * stride[a]] = least;
        }
    low[a] = 0;
    high[a] = size[a];
  }
}

}  // namespace kdseg::prepare
