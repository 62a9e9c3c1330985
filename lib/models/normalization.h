// Instance normalization followed by LeakyReLU.
#pragma once
#include <ATen/core/Tensor.h>

#include "models/convolution.h"

namespace kdseg::models {

/// LeakyReLU(slope) of x [N, C, D, H, W] normalized per sample and channel (population variance,
/// `epsilon` added to it), then scaled by weight and shifted by bias [C] (both undefined: neither).
/// float32 for half types. Source: Ulyanov et al. 2016, arXiv:1607.08022.
at::Tensor instance_norm_leaky(const at::Tensor& x, const at::Tensor& weight,
                               const at::Tensor& bias, double slope, Route route = Route::automatic,
                               double epsilon = 1e-5);

}  // namespace kdseg::models
