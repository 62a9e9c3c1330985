// Random variation of a sample's intensities, channel by channel.
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "base/random.h"

namespace kdseg::data {

/// Each channel draws for itself; what is off draws nothing. Done in this order.
struct IntensityVariation {
  double contrast = 0;  ///< factors uniform in 1 +- this
  double shift = 0;     ///< summands uniform in +- this, in the unit of the prepared image
  double least_gamma = 1, greatest_gamma = 1;  ///< exponents uniform in between; 1 and 1: none
  double channel_dropout = 0;  ///< probability that a channel becomes standard normal noise
  bool any() const {
    return contrast > 0 || shift > 0 || least_gamma < 1 || greatest_gamma > 1 ||
           channel_dropout > 0;
  }
};

/// The random numbers of one operation on a sample.
using Draws = std::function<Random(const std::string& operation)>;

/// Varies image [channels][voxels] in place: its voxels that are not 0, which is the background,
/// or, where `everywhere`, all of them. Gamma: x becomes ((x - least) / range)^gamma * range +
/// least of the channel's voxels. A channel that is dropped is noise everywhere. Source: Lachinov
/// et al. 2018 and 2020, Isensee et al. 2018 (arXiv:1802.10508), their code.
void vary_intensities(const IntensityVariation& variation, const Draws& draws, bool everywhere,
                      int64_t channels, int64_t voxels, float* image);

}  // namespace kdseg::data
