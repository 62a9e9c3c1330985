// Arrays of one case brought onto one grid, by position.
#pragma once
#include <string>
#include <vector>

#include "base/volume.h"

namespace kdseg::intake {

/// How an array comes onto another one's grid.
struct Laid {
  /// None; a turn where both have the same voxel centers but other axes; and a box where the array
  /// is a part of the other one and may be one.
  std::vector<Step> steps;
  bool overlaid = false;  ///< taken as it is, although by the headers it lies elsewhere
};

/// \param what, reference  names of the arrays for messages: "the prediction", "the reference"
/// \param ignore  only the sizes must agree; a warning states how far positions differ
/// \param part    a segmentation that keeps only the extent of its structures
/// \throws DataError  other sizes, or voxel centers more than a tenth of a voxel apart (amounts
///                    stated)
Laid lay_over(const std::string& what, const Grid& found, const std::string& reference,
              const Grid& grid, bool ignore, bool part = false);

/// Applies the steps; the result has exactly the grid `grid`.
/// \throws DataError  labelled voxels would be lost; `what` is named
void apply_steps(const std::string& what, const std::vector<Step>& steps, Labels& labels,
                 const Grid& grid);

/// A chain whose restored arrays are those of `chain` after `steps`.
Chain extended(const Chain& chain, const std::vector<Step>& steps);

}  // namespace kdseg::intake
