// How uncertain probabilities are: entropies, and their scaling to 0..100.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/contract.h"
#include "base/volume.h"

namespace kdseg::infer {

/// region_binary: of "in the region or not", H = -p ln p - (1 - p) ln(1 - p) with p the summed
/// probability of the region's classes. multiclass: of all classes, the same for every region.
enum class Entropy { region_binary, multiclass };

/// Regions of an uncertainty map, and the output channels that each adds up.
struct RegionChannels {
  std::vector<std::string> names;
  std::vector<std::vector<int64_t>> channels;
};

/// A softmax head: `regions`, or one per class other than the background where there are none. A
/// sigmoid head: its own channels, whose probabilities do not add up to others.
/// \throws DataError  a region of a code the head does not know
RegionChannels region_channels(const Head& head, const std::vector<Region>& regions);

/// [N, R, ...] in [0, 1]: sums of the channels of p [N, K, ...].
at::Tensor region_probability(const at::Tensor& p,
                              const std::vector<std::vector<int64_t>>& channels);

/// Entropy in nats of each p in [0, 1] against its rest; 0 ln 0 = 0.
at::Tensor binary_entropy(const at::Tensor& p);
/// Entropy in nats over the channels of p [N, K, ...]: [N, 1, ...].
at::Tensor class_entropy(const at::Tensor& p);

/// The entropy of every region, [N, R, ...] in nats, and the largest it can be: ln 2 or ln K.
at::Tensor region_entropy(const at::Tensor& p, const std::vector<std::vector<int64_t>>& channels,
                          Entropy kind);
double largest_entropy(int64_t classes, Entropy kind);

/// Least and largest value of each channel.
struct ValueRange {
  float low = 0, high = 0;
};
std::vector<ValueRange> value_ranges(const Image& image);

/// Stretches each channel linearly so that its range becomes 0..100; a range of nothing gives 0.
void stretch(Image& image, const std::vector<ValueRange>& ranges);

}  // namespace kdseg::infer
