#include "data/soft_labels.h"

#include <algorithm>
#include <array>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::data {
namespace {

Labels most_probable(const Shares& shares) {
  const Image& image = shares.image;
  const auto count = static_cast<size_t>(image.grid.voxel_count());
  Labels label{image.grid, std::vector<uint8_t>(count, 0)};
  std::vector<float> best(image.channel(0), image.channel(0) + count);
  for (size_t k = 1; k < image.channels.size(); ++k)
    for (size_t v = 0; v < count; ++v)
      if (image.channel(k)[v] > best[v]) {
        best[v] = image.channel(k)[v];
        label.voxels[v] = static_cast<uint8_t>(k);
      }
  return label;
}

/// Regions as unions of exclusive classes.
Shares united(const Shares& classes, const Head& head) {
  Shares regions{{classes.image.grid, head.names, {}}, false};
  const auto count = static_cast<size_t>(classes.image.grid.voxel_count());
  regions.image.voxels.assign(count * head.names.size(), 0.0f);
  for (size_t k = 0; k < head.names.size(); ++k) {
    float* sum = regions.image.channel(k);
    for (const int c : head.classes_of[k]) {
      const float* one = classes.image.channel(static_cast<size_t>(c));
      for (size_t v = 0; v < count; ++v) sum[v] = std::min(sum[v] + one[v], 1.0f);
    }
  }
  return regions;
}

Shares picked(const Shares& shares, const Head& head, const std::string& id) {
  const auto& there = shares.image.channels;
  if (there == head.names) return shares;
  Shares chosen{{shares.image.grid, head.names, {}}, false};
  const auto count = static_cast<size_t>(shares.image.grid.voxel_count());
  for (const auto& name : head.names) {
    const auto found = std::find(there.begin(), there.end(), name);
    if (found == there.end())
      throw DataError("case {}: /share has the regions {}, the network is trained for {}", id,
                      join(there, ","), join(head.names, ","));
    const float* values = shares.image.channel(static_cast<size_t>(found - there.begin()));
    chosen.image.voxels.insert(chosen.image.voxels.end(), values, values + count);
  }
  return chosen;
}

}  // namespace

void fit_shares(Volume& volume, const Head& head) {
  Case& data = volume.data;
  if (!data.share) return;
  Shares& shares = *data.share;
  if (shares.exclusive) {
    renormalize(shares.image.voxels.data(), static_cast<int64_t>(shares.image.channels.size()),
                shares.image.grid.voxel_count());
    if (!data.label) data.label = most_probable(shares);
  }
  if (head.kind == Head::Kind::image) {
    data.share.reset();
  } else if (head.kind == Head::Kind::sigmoid) {
    shares = shares.exclusive ? united(shares, head) : picked(shares, head, data.id);
  } else if (!shares.exclusive) {
    throw DataError(
        "case {}: /share has independent regions ({}), the network is trained for classes; give "
        "--head regions",
        data.id, join(shares.image.channels, ","));
  }
}

void renormalize(float* shares, int64_t channels, int64_t voxels) {
  for (int64_t v = 0; v < voxels; ++v) {
    float sum = 0;
    for (int64_t k = 0; k < channels; ++k) sum += shares[k * voxels + v];
    if (sum > 0)
      for (int64_t k = 0; k < channels; ++k) shares[k * voxels + v] /= sum;
    else
      shares[v] = 1;
  }
}

Shares shares_of_classes(const Labels& label, const std::vector<std::vector<int>>& classes_of) {
  const int64_t voxels = label.grid.voxel_count();
  Shares shares{{label.grid, std::vector<std::string>(classes_of.size()), {}}, true};
  for (size_t k = 0; k < classes_of.size(); ++k)
    shares.exclusive = shares.exclusive && classes_of[k] == std::vector<int>{static_cast<int>(k)};
  shares.image.voxels.resize(classes_of.size() * static_cast<size_t>(voxels));
  certain_shares(label.voxels.data(), voxels, classes_of, shares.image.voxels.data());
  return shares;
}

void certain_shares(const uint8_t* label, int64_t voxels,
                    const std::vector<std::vector<int>>& classes_of, float* shares) {
  for (size_t k = 0; k < classes_of.size(); ++k) {
    std::array<float, 256> share_of{};
    for (const int c : classes_of[k]) share_of[static_cast<size_t>(c)] = 1;
    float* out = shares + static_cast<int64_t>(k) * voxels;
    for (int64_t v = 0; v < voxels; ++v) out[v] = share_of[label[v]];
  }
}

}  // namespace kdseg::data
