// Whether two arrays lie at the same place in the world, and how one is brought onto the other's
// axes.
#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "base/volume.h"

namespace kdseg::voxels {

/// Voxel centers may lie this far from where they should be: rounding in headers, not another scan.
constexpr double tolerance_voxels = 0.1;

/// How the voxels of one grid lie on those of another.
struct Position {
  Reorient turn;          ///< brings the array onto the other's axes: swaps and flips only
  Grid turned;            ///< the grid after the turn
  bool same_size = true;  ///< after the turn
  /// Greatest distance of a voxel center from its counterpart, after the turn and over both
  /// extents; in voxels of the other grid.
  double moved_mm = 0, moved_voxels = 0;

  bool is_turned() const { return turn != Reorient{}; }
  /// The same voxel centers, up to rounding: after the turn, voxel by voxel is place by place.
  bool agrees() const { return same_size && moved_voxels <= tolerance_voxels; }
};

Position position(const Grid& found, const Grid& reference);

/// The reverse of a turn.
Reorient inverse(const Reorient& turn);

/// Where `found` is part of the reference's array, up to rounding: the box that cuts (or pads) its
/// array, once turned, to the reference's extent.
struct Placement {
  Box box;
  double moved_voxels = 0;  ///< greatest distance left, in voxels of the reference
  bool on_lattice() const { return moved_voxels <= tolerance_voxels; }
};
Placement placement(const Grid& turned, const Grid& reference);

/// The difference of two headers in amounts, for people: "voxel centers lie up to 3.5 mm (3.5
/// voxels) apart: origin by 3.5 mm, spacing by 0 mm, direction by 0 degrees"; axes that run
/// otherwise are named first.
std::string difference(const Grid& found, const Grid& reference);

}  // namespace kdseg::voxels
