// Square slices around labelled structures, and grids of another spacing or slice size.
// Source: Li et al. 2020 (MKD, AAAI 34): transverse slices, centered at the heart, resized. What
// the paper leaves open follows the public code of SIFA (Chen et al. 2019).
#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "base/parameters.h"
#include "base/volume.h"

namespace kdseg::prepare {

/// The same extent in voxels of another number: origin and spacing follow.
Grid regridded(const Grid& grid, const std::array<int64_t, 3>& size);

/// The same extent in voxels of about `spacing_mm`: round(extent / spacing) of them, at least one.
Grid respaced(const Grid& grid, const std::array<double, 3>& spacing_mm);

/// Square in x and y: side round(factor * the larger extent of the labelled voxels), centered at
/// the middle of their box (half a voxel is rounded down); along z their box and `slices` more on
/// both sides, as far as the array reaches. May reach beyond the array in x and y. Size 0 where
/// nothing is labelled.
Box square_box(const Labels& label, double factor, int64_t slices);

/// The same around the middle of the array: `side` voxels in x and y, `height` in z, fewer where
/// the array has fewer.
Box middle_box(const Grid& grid, int64_t side, int64_t height);

/// What lies outside `inside` becomes each channel's least value within it.
void fill_with_least(Image& image, const Box& inside);

/// Linear between neighbors in rank (numpy.percentile). `percent` from 0 to 100, `values` not
/// empty.
double percentile(std::span<const float> values, double percent);

/// v -> 2 (v - low) / (high - low) - 1, kept within -1 to 1. low < high.
void map_to_unit_range(std::span<float> values, double low, double high);

}  // namespace kdseg::prepare
