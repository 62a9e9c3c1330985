#include "voxels/position.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "voxels/chain.h"
#include "voxels/sample.h"

namespace kdseg::voxels {
namespace {

/// Cosine between array axis `a` of one grid and axis `b` of another.
double cosine(const Grid& one, int a, const Grid& other, int b) {
  double sum = 0;
  for (int row = 0; row < 3; ++row)
    sum += one.direction[3 * row + a] * other.direction[3 * row + b];
  return sum;
}

/// The turn that brings the axes of `found` nearest to those of `reference`: of the six ways to
/// pair axes the one with the least total angle.
Reorient nearest_turn(const Grid& found, const Grid& reference) {
  std::array<int, 3> order{0, 1, 2}, best = order;
  double best_sum = -1;
  do {
    double sum = 0;
    for (int i = 0; i < 3; ++i) sum += std::abs(cosine(found, order[i], reference, i));
    if (sum > best_sum + 1e-9) {
      best_sum = sum;
      best = order;
    }
  } while (std::next_permutation(order.begin(), order.end()));
  Reorient turn;
  for (int i = 0; i < 3; ++i) {
    turn.axis[i] = best[i];
    turn.flip[i] = cosine(found, best[i], reference, i) < 0;
  }
  return turn;
}

struct Moved {
  double mm = 0, voxels = 0;
};

/// Greatest distance between the positions that both grids give to one index. It grows with the
/// distance from its least point, so that it is greatest at a corner.
Moved moved(const Grid& found, const Grid& reference, const std::array<int64_t, 3>& size) {
  const Affine one = voxel_to_world(found), other = voxel_to_world(reference);
  const Affine index = world_to_voxel(reference);
  Moved most;
  for (int corner = 0; corner < 8; ++corner) {
    std::array<double, 3> at;
    for (int i = 0; i < 3; ++i)
      at[i] = (corner >> i & 1) != 0 ? static_cast<double>(std::max<int64_t>(size[i] - 1, 0)) : 0.0;
    const auto here = one(at), there = other(at), seen = index(here);
    double mm = 0, voxels = 0;
    for (int i = 0; i < 3; ++i) {
      mm += (here[i] - there[i]) * (here[i] - there[i]);
      voxels += (seen[i] - at[i]) * (seen[i] - at[i]);
    }
    most.mm = std::max(most.mm, std::sqrt(mm));
    most.voxels = std::max(most.voxels, std::sqrt(voxels));
  }
  return most;
}

double direction_degrees(const Grid& found, const Grid& reference) {
  double least = 1;
  for (int i = 0; i < 3; ++i) least = std::min(least, cosine(found, i, reference, i));
  // acos loses half of the digits near 1; differences of rounding are to be told, too.
  double chord = 0;
  for (int i = 0; i < 3; ++i) {
    double square = 0;
    for (int row = 0; row < 3; ++row) {
      const double d = found.direction[3 * row + i] - reference.direction[3 * row + i];
      square += d * d;
    }
    chord = std::max(chord, std::sqrt(square));
  }
  const double angle = least > 0.99 ? chord : std::acos(std::clamp(least, -1.0, 1.0));
  return angle * 180 / M_PI;
}

}  // namespace

Position position(const Grid& found, const Grid& reference) {
  Position out;
  out.turn = nearest_turn(found, reference);
  out.turned = grid_after(found, out.turn);
  out.same_size = out.turned.size == reference.size;
  std::array<int64_t, 3> extent;
  for (int i = 0; i < 3; ++i) extent[i] = std::max(out.turned.size[i], reference.size[i]);
  const Moved most = moved(out.turned, reference, extent);
  out.moved_mm = most.mm;
  out.moved_voxels = most.voxels;
  return out;
}

Reorient inverse(const Reorient& turn) {
  Reorient back;
  for (int i = 0; i < 3; ++i) {
    back.axis[turn.axis[i]] = i;
    back.flip[turn.axis[i]] = turn.flip[i];
  }
  return back;
}

Placement placement(const Grid& turned, const Grid& reference) {
  const auto first = world_to_voxel(reference)(turned.origin_mm);
  Placement out;
  for (int i = 0; i < 3; ++i)
    // Another scan's origin may lie anywhere; the distance left says that it does not fit.
    out.box.begin[i] = static_cast<int64_t>(std::round(std::clamp(-first[i], -1e9, 1e9)));
  out.box.size = reference.size;
  Grid there = reference;
  const Affine to_world = voxel_to_world(reference);
  there.origin_mm =
      to_world({static_cast<double>(-out.box.begin[0]), static_cast<double>(-out.box.begin[1]),
                static_cast<double>(-out.box.begin[2])});
  out.moved_voxels = moved(turned, there, turned.size).voxels;
  return out;
}

std::string difference(const Grid& found, const Grid& reference) {
  const Position p = position(found, reference);
  double origin = 0, spacing = 0;
  for (int i = 0; i < 3; ++i) {
    const double d = p.turned.origin_mm[i] - reference.origin_mm[i];
    origin += d * d;
    spacing = std::max(spacing, std::abs(p.turned.spacing_mm[i] - reference.spacing_mm[i]));
  }
  return fmt::format(
      "{}voxel centers lie up to {:.3g} mm ({:.3g} voxels) apart: origin by {:.3g} mm, spacing by "
      "{:.3g} mm, direction by {:.3g} degrees",
      p.is_turned() ? "its axes run otherwise, and once they are turned " : "", p.moved_mm,
      p.moved_voxels, std::sqrt(origin), spacing, direction_degrees(p.turned, reference));
}

}  // namespace kdseg::voxels
