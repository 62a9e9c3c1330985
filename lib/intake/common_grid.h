// Arrays of one case brought onto one grid, by position.
#pragma once
#include <string>
#include <vector>

#include "base/volume.h"

namespace kdseg::scoring {

/// The steps that lay an array over another one: none; a turn where both have the same voxel
/// centers but other axes; and a box where the array is a part of the other one and may be one.
/// \param what     the array's name in messages: "the prediction"
/// \param part     a segmentation that keeps only the extent of its structures
/// \param ignore   only the sizes must agree; a warning states how far positions differ
/// \throws DataError  other sizes, or voxel centers more than a tenth of a voxel apart (amounts
///                    stated)
std::vector<Step> lay_over(const std::string& what, const Grid& found, const Grid& reference,
                           bool ignore, bool part = false);

/// Applies them; the result has exactly the grid `reference`.
void apply_steps(const std::vector<Step>& steps, Labels& labels, const Grid& reference);

/// A chain whose restored arrays are those of `chain` after `steps`.
Chain extended(const Chain& chain, const std::vector<Step>& steps);

}  // namespace kdseg::scoring
