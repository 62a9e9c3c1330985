// What every segmentation network refuses before it computes.
#pragma once
#include <ATen/core/Tensor.h>

#include <span>
#include <string>

#include "models/network.h"

namespace kdseg::models {

/// `name` stands for the network in messages; size multiple and maps are the network's own.
/// \throws DataError   an image that is not [N, channels, D, H, W], or [N, channels, H, W] for a
///                     network of two dimensions, with sides that are multiples of
///                     network.size_multiple()
/// \throws UsageError  a wanted map that is none of network.extras() (nearest named)
void check_input(const Network& network, const std::string& name, const at::Tensor& image,
                 int64_t channels, std::span<const std::string> wanted);

}  // namespace kdseg::models
