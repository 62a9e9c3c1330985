// Soft labels and the array /share of a file, with the checks that a reader owes its caller.
#pragma once
#include <string>

#include "base/volume.h"
#include "io/tree.h"

namespace kdseg::io {

/// Adds /share with its attributes `channels` and `kind`. `type` is f16 or f32, or u8 or u16, which
/// hold fractions of their largest value, rounded to nearest.
void put_shares(Tree& tree, const Shares& shares, Type type);

/// Values that are off by no more than the type's rounding are brought to 0..1; sums stay as they
/// are on disk. With `voxels` false the array carries no bytes and the result no voxels.
/// \throws DataError  shape, type, kind or channels that do not fit: exclusive channels are the
///                    classes in their order, regions are named in `regions` or are classes; a
///                    value outside 0..1 or no number, exclusive channels that do not sum to 1
///                    within the rounding of their type (amount and voxel stated)
Shares get_shares(Tree& tree, const Grid& grid, const ClassTable& classes,
                  const std::vector<Region>& regions, bool voxels = true);

/// What get_shares asks of channels and values, for shares from elsewhere; `where` starts messages.
/// `rounding` is the largest error of one value.
void check_share_channels(const Shares& shares, const ClassTable& classes,
                          const std::vector<Region>& regions, const std::string& where);
void check_share_values(Shares& shares, double rounding, const std::string& where);

}  // namespace kdseg::io
