// One model's view of a case: what it takes in, and its answer back on the case's own grid.
#pragma once
#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "base/volume.h"
#include "io/prediction_file.h"
#include "models/network.h"

namespace kdseg::infer {

/// The volume as the model wants it: its recipe, its channels in its order. `model` names it in
/// messages.
/// \throws DataError  channels or recipe do not fit (which, expected, found)
Volume prepared_for(const Contract& contract, const Volume& volume, const std::string& model);

/// Whether the model's recipe wants the minimum where a prepared volume is padded further.
/// \throws DataError  the recipe cannot be read
bool minimum_outside(const Contract& contract, const std::string& model);

/// What a network takes of a case.
struct Prepared {
  Volume volume;
  at::Tensor present;  ///< [1, C], 1 where a channel is given; undefined: all
};

/// As above for networks that take subsets: only the channels in `available` (empty: those the
/// volume has) reach the recipe and its mask; the network's other channels are images of 0 and not
/// present. Other networks get all their channels. One warning line names channels that are missing
/// unasked.
/// \throws UsageError  `available` for a network that needs all of its channels
/// \throws DataError   a channel in `available` that the volume lacks, no channel of the network
Prepared prepared_for(const models::Model& model, const Volume& volume, const std::string& name,
                      const std::vector<std::string>& available);

/// The image's voxels as [1, C, D, H, W], not copied.
at::Tensor as_tensor(const Image& image);

/// Maps [1, C, D, H, W] of a prepared volume on the grid of the volume it was made from; `outside`
/// holds the value of voxels that were cut away, one per channel.
/// \throws RunError  values that are not finite; `model` is named
Image restored(const at::Tensor& maps, std::vector<std::string> names,
               const std::vector<float>& outside, const Volume& prepared, const Volume& volume,
               const std::string& model);

/// Background for certain: the probabilities of voxels that were cut away.
std::vector<float> certain_background(const Head& head);

/// A prediction with everything but label and maps.
io::Prediction empty_prediction(const Contract& contract, const Volume& volume);

/// Class indices of probabilities on their grid.
Labels decoded(const Image& probability, const Head& head);

}  // namespace kdseg::infer
