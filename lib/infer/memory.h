// What a forward pass needs, measured on a small input.
#pragma once
#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

#include "models/network.h"

namespace kdseg::infer {

/// Bytes that one pass over a volume of `size` (x, y, z) holds at its peak beside the parameters:
/// measured on the smallest input and scaled by the number of voxels.
double forward_peak_bytes(models::Network& network, int64_t channels, std::array<int64_t, 3> size,
                          at::Device device);

int64_t parameter_count(models::Network& network);

}  // namespace kdseg::infer
