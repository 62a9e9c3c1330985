#include "voxels/chain.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "voxels/content.h"
#include "voxels/position.h"
#include "voxels/sample.h"
#include "voxels/window.h"

namespace kdseg::voxels {
namespace {

using Triple = std::array<int64_t, 3>;

void check(const Reorient& step) {
  std::array<bool, 3> used{false, false, false};
  for (const int axis : step.axis) {
    if (axis < 0 || axis > 2 || used[axis])
      throw DataError("reorient step with axes {} {} {}: expected each of 0 1 2 once", step.axis[0],
                      step.axis[1], step.axis[2]);
    used[axis] = true;
  }
}

void check(const Box& step) {
  for (const int64_t n : step.size)
    if (n < 0) throw DataError("box step of size {}: expected 0 or more voxels", n);
}

Grid after(const Grid& grid, const Reorient& step) {
  check(step);
  Grid out = grid;
  Triple first{0, 0, 0};
  for (int i = 0; i < 3; ++i) {
    const int from = step.axis[i];
    out.size[i] = grid.size[from];
    out.spacing_mm[i] = grid.spacing_mm[from];
    if (step.flip[i]) first[from] = grid.size[from] - 1;
    for (int row = 0; row < 3; ++row) {
      const double cosine = grid.direction[3 * row + from];
      out.direction[3 * row + i] = step.flip[i] ? 0.0 - cosine : cosine;
    }
  }
  out.origin_mm =
      voxel_to_world(grid)({static_cast<double>(first[0]), static_cast<double>(first[1]),
                            static_cast<double>(first[2])});
  return out;
}

Grid after(const Grid& grid, const Box& step) {
  check(step);
  Grid out = grid;
  out.size = step.size;
  out.origin_mm =
      voxel_to_world(grid)({static_cast<double>(step.begin[0]), static_cast<double>(step.begin[1]),
                            static_cast<double>(step.begin[2])});
  return out;
}

Grid after(const Grid&, const Resample& step) { return step.target; }

/// A position a hair off a voxel center is that center: grids that coincide then copy exactly.
std::array<double, 3> snapped(std::array<double, 3> at) {
  for (double& v : at)
    if (const double whole = std::round(v); std::abs(v - whole) < 1e-6) v = whole;
  return at;
}

void resample(const Grid& from, const float* in, const Grid& to, float* out, float fill) {
  const Affine map = voxel_to_voxel(to, from);
  for (int64_t z = 0; z < to.size[2]; ++z)
    for (int64_t y = 0; y < to.size[1]; ++y)
      for (int64_t x = 0; x < to.size[0]; ++x)
        *out++ = sample_linear(
            from.size, in,
            snapped(map({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)})),
            Outside::fill, fill);
}

void resample(const Grid& from, const uint8_t* in, const Grid& to, uint8_t* out) {
  const Affine map = voxel_to_voxel(to, from);
  for (int64_t z = 0; z < to.size[2]; ++z)
    for (int64_t y = 0; y < to.size[1]; ++y)
      for (int64_t x = 0; x < to.size[0]; ++x)
        *out++ = sample_nearest(
            from.size, in,
            snapped(map({static_cast<double>(x), static_cast<double>(y), static_cast<double>(z)})));
}

void require_voxels(const Grid& grid, size_t channels, size_t voxels) {
  if (static_cast<size_t>(grid.voxel_count()) * channels != voxels)
    throw DataError("grid {} with {} channels does not fit {} voxels", describe(grid), channels,
                    voxels);
}

Image apply_with(const Image& image, const Step& step, const std::vector<float>& fill,
                 const Grid& grid) {
  const auto plane = static_cast<size_t>(image.grid.voxel_count());
  const size_t channels = plane ? image.voxels.size() / plane : image.channels.size();
  require_voxels(image.grid, channels, image.voxels.size());
  if (fill.size() != 1 && fill.size() != channels)
    throw UsageError("{} fill values for {} channels: give one for all or one each", fill.size(),
                     channels);
  Image out{grid, image.channels, {}};
  out.voxels.reserve(channels * static_cast<size_t>(grid.voxel_count()));
  Window window(image.grid.size);
  const bool moves = window.add(step);
  if (!moves) out.voxels.resize(channels * static_cast<size_t>(grid.voxel_count()));
  for (size_t c = 0; c < channels; ++c) {
    const float value = fill.size() == 1 ? fill[0] : fill[c];
    if (moves)
      window.append(image.channel(c), value, out.voxels);
    else
      resample(image.grid, image.channel(c), grid, out.channel(c), value);
  }
  return out;
}

Labels apply_with(const Labels& labels, const Step& step, const Grid& grid) {
  require_voxels(labels.grid, 1, labels.voxels.size());
  Labels out{grid, {}};
  if (Window window(labels.grid.size); window.add(step)) {
    window.append(labels.voxels.data(), uint8_t{0}, out.voxels);
  } else {
    out.voxels.resize(static_cast<size_t>(grid.voxel_count()));
    resample(labels.grid, labels.voxels.data(), grid, out.voxels.data());
  }
  return out;
}

/// The grids before each step, and the last one.
std::vector<Grid> grids_of(const Chain& chain) {
  std::vector<Grid> grids{chain.source};
  for (const Step& step : chain.steps) grids.push_back(grid_after(grids.back(), step));
  return grids;
}

/// The grids that a restore passes through, after checking its arguments.
std::vector<Grid> way_back(const Chain& chain, const Grid& found, size_t first) {
  std::vector<Grid> grids = grids_of(chain);
  if (first > chain.steps.size())
    throw UsageError("restore from step {}: the chain has {}", first, chain.steps.size());
  if (!same_grid(grids.back(), found))
    throw DataError(
        "restore: the volume lies on {} (origin {:g} {:g} {:g}), the chain ends at {} "
        "(origin {:g} {:g} {:g})",
        describe(found), found.origin_mm[0], found.origin_mm[1], found.origin_mm[2],
        describe(grids.back()), grids.back().origin_mm[0], grids.back().origin_mm[1],
        grids.back().origin_mm[2]);
  return grids;
}

}  // namespace

Grid grid_after(const Grid& grid, const Step& step) {
  return std::visit([&grid](const auto& s) { return after(grid, s); }, step);
}

Step inverse(const Grid& before, const Step& step) {
  if (const auto* turn = std::get_if<Reorient>(&step)) return inverse(*turn);
  if (const auto* box = std::get_if<Box>(&step))
    return Box{{-box->begin[0], -box->begin[1], -box->begin[2]}, before.size};
  return Resample{before};
}

Grid grid_after(const Chain& chain) { return grids_of(chain).back(); }

Image apply(const Image& image, const Step& step, float fill) {
  return apply_with(image, step, {fill}, grid_after(image.grid, step));
}

Labels apply(const Labels& labels, const Step& step) {
  return apply_with(labels, step, grid_after(labels.grid, step));
}

Shares apply(const Shares& shares, const Step& step) {
  const Grid grid = grid_after(shares.image.grid, step);
  return {apply_with(shares.image, step, shares.outside(), grid), shares.exclusive};
}

Image restore(const Chain& chain, const Image& image, const std::vector<float>& fill,
              size_t first) {
  const std::vector<Grid> grids = way_back(chain, image.grid, first);
  Image out = image;
  out.grid = grids.back();
  for (size_t i = chain.steps.size(); i-- > first;)
    out = apply_with(out, inverse(grids[i], chain.steps[i]), fill, grids[i]);
  return out;
}

Labels restore(const Chain& chain, const Labels& labels, size_t first) {
  const std::vector<Grid> grids = way_back(chain, labels.grid, first);
  Labels out = labels;
  out.grid = grids.back();
  for (size_t i = chain.steps.size(); i-- > first;)
    out = apply_with(out, inverse(grids[i], chain.steps[i]), grids[i]);
  return out;
}

Reorient reorient_to(const Grid& grid, const std::string& orientation) {
  static const std::string towards = "LPS", away = "RAI";
  std::array<int, 3> world{-1, -1, -1};
  std::array<bool, 3> reversed{false, false, false};
  for (size_t i = 0; i < 3 && orientation.size() == 3; ++i) {
    const size_t positive = towards.find(orientation[i]), negative = away.find(orientation[i]);
    reversed[i] = negative != std::string::npos;
    world[i] = static_cast<int>(reversed[i] ? negative : positive);
  }
  std::array<int, 3> sorted = world;
  std::sort(sorted.begin(), sorted.end());
  if (sorted != std::array<int, 3>{0, 1, 2})
    throw UsageError("orientation '{}': expected three letters, one each of L/R, P/A and S/I",
                     orientation);

  // Of the six ways to pair array axes with letters, the one with the least total angle.
  std::array<int, 3> order{0, 1, 2}, best = order;
  double best_sum = -1;
  do {
    double sum = 0;
    for (int i = 0; i < 3; ++i) sum += std::abs(grid.direction[3 * world[i] + order[i]]);
    if (sum > best_sum + 1e-9) {
      best_sum = sum;
      best = order;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  Reorient out;
  for (int i = 0; i < 3; ++i) {
    out.axis[i] = best[i];
    out.flip[i] = (grid.direction[3 * world[i] + best[i]] < 0) != reversed[i];
  }
  return out;
}

Box bounding_box(const Labels& mask) { return bounding_box(mask.grid.size, mask.voxels); }

}  // namespace kdseg::voxels
