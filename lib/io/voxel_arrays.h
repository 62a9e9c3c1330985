// Between images or labels and the arrays of a file, with the checks that a reader owes its caller.
#pragma once
#include <string>

#include "base/volume.h"
#include "io/tree.h"

namespace kdseg::io {

Array image_to_array(const Image& image, bool half);  ///< [C,z,y,x] f32 or f16
Array labels_to_array(const Labels& labels);          ///< [z,y,x] u8

/// \throws DataError  the array is missing or is not [channels,z,y,x] of the grid
void require_shape(const Tree& tree, const std::string& path, const Grid& grid, size_t channels);

/// \throws DataError  type, rank or shape do not fit the grid and the channels. With `voxels` false
///                    the array carries no bytes and the result no voxels.
Image image_from_array(Tree& tree, const std::string& path, const Grid& grid,
                       std::vector<std::string> channels, bool voxels = true);
/// As above; every value is below `classes` (0: any value).
Labels labels_from_array(Tree& tree, const std::string& path, const Grid& grid, size_t classes,
                         bool voxels = true);

}  // namespace kdseg::io
