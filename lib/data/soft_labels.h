// Soft labels of a case as the targets of a network's channels.
#pragma once
#include <cstdint>
#include <vector>

#include "base/contract.h"
#include "base/volume.h"

namespace kdseg::data {

/// Brings the shares of a case, if it has any, into the channels of `head`: classes as they are,
/// regions as the sum of their classes' shares or picked by name. Exclusive shares then sum to 1
/// exactly. A case without label gets the class of the largest share (the first of equals). A head
/// that makes images leaves no shares.
/// \throws DataError  regions where the head has classes, a region that the case has no share of
void fit_shares(Volume& volume, const Head& head);

/// Divides the channels [K][voxels] by their sum; a voxel without any is background for certain.
void renormalize(float* shares, int64_t channels, int64_t voxels);

/// Hard labels as shares of certain ones, to be moved as images. Channels have no names.
Shares shares_of_classes(const Labels& label, const std::vector<std::vector<int>>& classes_of);

/// The shares [K][voxels] of hard labels: 1 in each channel whose classes hold the label, else 0.
void certain_shares(const uint8_t* label, int64_t voxels,
                    const std::vector<std::vector<int>>& classes_of, float* shares);

}  // namespace kdseg::data
