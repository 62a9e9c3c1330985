// Where the prepared grid lies in the source volume: masks, boxes and the common size.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/volume.h"

namespace kdseg::prepare {

using Size = std::array<int64_t, 3>;  ///< x, y, z voxels

/// 1 where every channel named is non-zero. Channels that the image lacks are left out; `used` gets
/// the ones that were there. All zero when none was.
Labels common_voxels(const Image& image, std::span<const std::string> channels,
                     std::vector<std::string>* used = nullptr);

/// The box of `target` voxels with the same center: floor((target - size) / 2) voxels are added in
/// front, the rest behind; negative numbers cut off voxels. Floor division also when cutting, as
/// the official code of HAD-Net intends (163 to 160 keeps voxels 2..161).
Box centered_box(const Size& size, const Size& target);

/// The center crop of the whole scan; of an odd number of voxels to cut, the one more is cut in
/// front as in centered_box(), or behind. It is given in voxels of `current`: a grid that came from
/// the scan by `chain` and shares its axes. \throws DataError  the grids' voxels do not coincide
Box scan_center_box(const Chain& chain, const Grid& current, const std::string& orientation,
                    const Size& target, bool rest_in_front = true);

/// Every axis rounded up to `multiple`; the axes of `equal_axes` ("x", "z") share the largest.
Size common_size(const Size& largest, int64_t multiple, std::span<const std::string> equal_axes);

/// The intersection of the channels' own boxes of non-zero voxels.
Box intersection_of_boxes(const Image& image, std::span<const std::string> channels);

/// An axis range [first, second) of fewer than `least` voxels grown to at least that many:
/// e = floor((least - extent) / 2) voxels in front and e + 1 behind, shifted to begin at 0 where
/// it would begin before. The end is not limited: (40, 155) becomes (34, 162) for 128.
/// Source: official code of U-HVED (Dorent et al. 2019).
std::pair<int64_t, int64_t> extended_range(int64_t first, int64_t second, int64_t least);

/// The box of voxels where any channel named is non-zero, every axis extended to `least` voxels
/// within the scan's own grid: the scan's last voxel ends it, and with `inside` the axis begins so
/// much earlier, so that it has `least` voxels wherever the scan has. In voxels of the image, whose
/// grid came from the scan by `chain`; size 0 where all is zero. Absent channels are left out.
/// \throws DataError  the grids' voxels do not coincide
Box content_box(const Image& image, std::span<const std::string> channels, const Chain& chain,
                int64_t least, bool inside = false);

/// Sets what lies outside `inside` as numpy.pad(mode = "minimum") does: a voxel beyond one side
/// gets the least value of the line through the box, one beyond an edge that of the plane.
void fill_with_minimum(Image& image, const Box& inside);

}  // namespace kdseg::prepare
