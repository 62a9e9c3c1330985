// What a pass costs: one probe pass in which layers count their work and compute nothing.
#pragma once
#include <array>
#include <span>
#include <string>
#include <vector>

#include "models/catalog.h"
#include "models/layers/work.h"
#include "models/network.h"

namespace kdseg::models {

/// The layers of one forward pass on `channels` channels of this size (x, y, z) with the `wanted`
/// extras, in the order they run. A network of slices makes size[2] of them.
std::vector<LayerWork> work_of(Network& network, int64_t channels, std::array<int64_t, 3> size,
                               std::span<const std::string> wanted = {});

/// The same of a discriminator that judges what `network` makes of such an input.
std::vector<LayerWork> work_of(Discriminator& discriminator, Network& network, int64_t channels,
                               std::array<int64_t, 3> size);

/// Their multiply-accumulates.
int64_t macs_of(Network& network, int64_t channels, std::array<int64_t, 3> size,
                std::span<const std::string> wanted = {});
int64_t macs_of(Discriminator& discriminator, Network& network, int64_t channels,
                std::array<int64_t, 3> size);

}  // namespace kdseg::models
