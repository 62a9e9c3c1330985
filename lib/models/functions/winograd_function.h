// 3x3x3 convolution of float32 maps on the CPU with its own forward and backward.
#pragma once
#include <ATen/core/Tensor.h>

#include "models/functions/convolution.h"

namespace kdseg::models {

/// Whether maps of this shape [N, C, D, H, W] gain: enough voxels to fill the transformed tiles.
bool winograd_pays(at::IntArrayRef shape);

/// convolve_3 for float32 maps on the CPU; `second` may be empty. Differentiable once in maps,
/// weights and bias, unless a whole, an activation or `spreads` (see convolve_3) is given. Equal
/// for any number of threads.
at::Tensor winograd(const Part& first, const Part& second, const at::Tensor& bias,
                    at::Tensor* spreads = nullptr, const at::Tensor& whole = {});

}  // namespace kdseg::models
