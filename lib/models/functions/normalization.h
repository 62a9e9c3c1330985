// Instance normalization followed by LeakyReLU.
#pragma once
#include <ATen/core/Tensor.h>

#include "models/functions/convolution.h"

namespace kdseg::models {

/// LeakyReLU(slope) of x [N, C, (D,) H, W] normalized per sample and channel (population variance,
/// `epsilon` added to it), then scaled by weight and shifted by bias [C] (both undefined: neither).
/// float32 for half types. Source: Ulyanov et al. 2016, arXiv:1607.08022.
at::Tensor instance_norm_leaky(const at::Tensor& x, const at::Tensor& weight,
                               const at::Tensor& bias, double slope, Route route = Route::automatic,
                               double epsilon = 1e-5);

/// The same of what convolve_3 gave, from the `spreads` it gave with it: scale, offset and slope of
/// every map, [N * C, 3] float32, for whoever reads the maps next (see Part).
at::Tensor waiting_norm(const at::Tensor& spreads, const at::Tensor& weight, const at::Tensor& bias,
                        int64_t channels, double slope, double epsilon = 1e-5);

/// Does what waiting_norm() gave, in place: x [N, C, ...] is overwritten. float32 on the CPU.
at::Tensor activated(at::Tensor&& x, const at::Tensor& activation);

}  // namespace kdseg::models
