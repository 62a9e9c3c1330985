#include "infer/uncertainty.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/special_entr.h>

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::infer {

RegionChannels region_channels(const Head& head, const std::vector<Region>& regions) {
  RegionChannels found;
  if (head.kind == Head::Kind::sigmoid) {
    found.names = head.names;
    for (int64_t k = 0; k < head.channels(); ++k) found.channels.push_back({k});
    return found;
  }
  if (regions.empty())
    for (int64_t k = 1; k < head.channels(); ++k) {
      found.names.push_back(head.names[static_cast<size_t>(k)]);
      found.channels.push_back({k});
    }
  for (const auto& region : regions) {
    std::vector<int64_t> channels;
    for (const int code : region.codes) {
      const auto at = std::find(head.codes.begin(), head.codes.end(), code);
      if (at == head.codes.end())
        throw DataError("region {}: code {} is no class of the network ({})", region.name, code,
                        join(head.names, ","));
      channels.push_back(at - head.codes.begin());
    }
    found.names.push_back(region.name);
    found.channels.push_back(std::move(channels));
  }
  return found;
}

at::Tensor region_probability(const at::Tensor& p,
                              const std::vector<std::vector<int64_t>>& channels) {
  std::vector<at::Tensor> regions;
  for (const auto& list : channels) {
    at::Tensor sum = p.narrow(1, list.at(0), 1);
    for (size_t i = 1; i < list.size(); ++i) sum = sum + p.narrow(1, list[i], 1);
    regions.push_back(sum);
  }
  return at::cat(regions, 1).clamp_max_(1.0);  // rounding may leave a sum just above 1
}

at::Tensor binary_entropy(const at::Tensor& p) {
  return at::special_entr(p).add_(at::special_entr(1 - p));
}

at::Tensor class_entropy(const at::Tensor& p) { return at::special_entr(p).sum(1, true); }

at::Tensor region_entropy(const at::Tensor& p, const std::vector<std::vector<int64_t>>& channels,
                          Entropy kind) {
  if (kind == Entropy::region_binary) return binary_entropy(region_probability(p, channels));
  std::vector<int64_t> shape(static_cast<size_t>(p.dim()), -1);
  shape[1] = static_cast<int64_t>(channels.size());
  return class_entropy(p).expand(shape);
}

double largest_entropy(int64_t classes, Entropy kind) {
  return std::log(kind == Entropy::region_binary ? 2.0 : static_cast<double>(classes));
}

std::vector<ValueRange> value_ranges(const Image& image) {
  std::vector<ValueRange> ranges;
  for (size_t c = 0; c < image.channels.size(); ++c) {
    const float* first = image.channel(c);
    const auto [low, high] = std::minmax_element(first, first + image.grid.voxel_count());
    ranges.push_back({*low, *high});
  }
  return ranges;
}

void stretch(Image& image, const std::vector<ValueRange>& ranges) {
  for (size_t c = 0; c < image.channels.size(); ++c) {
    const auto [low, high] = ranges.at(c);
    float* value = image.channel(c);
    for (int64_t i = 0; i < image.grid.voxel_count(); ++i)
      value[i] = high > low ? 100.0f * ((value[i] - low) / (high - low)) : 0.0f;
  }
}

}  // namespace kdseg::infer
