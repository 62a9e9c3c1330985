// Geometry of chains: what a step does to a grid, to voxels, and how it is undone.
#pragma once
#include "base/volume.h"

namespace kdseg::voxels {

Grid grid_after(const Grid& grid, const Step& step);
Grid grid_after(const Chain& chain);

/// The step that leads from the grid after `step` back to `before`.
Step inverse(const Grid& before, const Step& step);

/// Applies one step (call it as voxels::apply: the standard library's apply also fits a variant).
/// Padding is `fill`; Resample interpolates linearly, edge voxels repeated half a
/// voxel beyond the border, `fill` further out.
Image apply(const Image& image, const Step& step, float fill = 0.0f);
/// Labels: nearest neighbor, padding 0.
Labels apply(const Labels& labels, const Step& step);
/// Soft labels: as images, padding is background for certain.
Shares apply(const Shares& shares, const Step& step);

/// Undoes steps [first, end) of the chain in reverse order. Exact for Reorient and Box (voxels that
/// were cut away return as `fill` per channel); Resample by linear interpolation for images,
/// nearest for labels. `fill` holds one value per channel or a single one for all. \throws
/// DataError  the image's grid is not the chain's last grid
Image restore(const Chain& chain, const Image& image, const std::vector<float>& fill,
              size_t first = 0);
Labels restore(const Chain& chain, const Labels& labels, size_t first = 0);

/// The Reorient that brings the grid's axes nearest to an orientation such as "LPS" or "LAS"
/// (letters name the direction in which x, y and z increase).
Reorient reorient_to(const Grid& grid, const std::string& orientation);

/// Smallest box that holds every voxel where `mask` is non-zero; size 0 when there is none.
Box bounding_box(const Labels& mask);

}  // namespace kdseg::voxels
