// Instance normalization followed by LeakyReLU.
#pragma once
#include <ATen/core/Tensor.h>

#include "models/functions/convolution.h"

namespace kdseg::models {

/// LeakyReLU(slope) of x [N, C, D, H, W] normalized per sample and channel (population variance,
/// `epsilon` added to it), then scaled by weight and shifted by bias [C] (both undefined: neither).
/// float32 for half types. Source: Ulyanov et al. 2016, arXiv:1607.08022.
at::Tensor instance_norm_leaky(const at::Tensor& x, const at::Tensor& weight,
                               const at::Tensor& bias, double slope, Route route = Route::automatic,
                               double epsilon = 1e-5);

/// The same of what convolve_3 gave together with its `spread`: x is not read for its moments, and
/// is overwritten. An undefined spread: as above.
at::Tensor instance_norm_leaky(at::Tensor&& x, const at::Tensor& spread, const at::Tensor& weight,
                               const at::Tensor& bias, double slope, Route route,
                               double epsilon = 1e-5);

/// The same left to the 3x3x3 convolution that comes next: its input from what another convolve_3
/// gave, normalized and rectified as it is read where the spread is known, else before.
Part instance_norm_leaky_waiting(at::Tensor&& x, const at::Tensor& spread, const at::Tensor& weight,
                                 const at::Tensor& bias, double slope,
                                 const at::Tensor& next_weight, Route route, double epsilon = 1e-5);

/// The same with a 1x1x1 convolution behind it, in one pass over memory: logits. Where
/// `softmax_sum` is not null (see tensor::Input) and a spread is given, they are added there and
/// none are returned.
at::Tensor instance_norm_leaky_pointwise(const at::Tensor& x, const at::Tensor& spread,
                                         const at::Tensor& weight, const at::Tensor& bias,
                                         double slope, const at::Tensor& mix_weight,
                                         const at::Tensor& mix_bias, Route route,
                                         at::Tensor* softmax_sum = nullptr, double epsilon = 1e-5);

}  // namespace kdseg::models
