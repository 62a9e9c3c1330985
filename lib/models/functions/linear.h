// Linear doubling of maps along every axis, on either of two grids.
#pragma once
#include <ATen/core/Tensor.h>

#include "models/functions/convolution.h"

namespace kdseg::models {

/// Where the fine voxels lie between the coarse ones, per axis.
/// tf_legacy: out[2i] = in[i], out[2i+1] = (in[i] + in[i+1]) / 2, the last value repeated
/// (TensorFlow 1 without aligned corners). half_pixel: out at (j + 1/2) / 2 - 1/2 (LibTorch's).
enum class LinearGrid { tf_legacy, half_pixel };

/// x [N, C, (D,) H, W] doubled along every axis; differentiable, deterministic on the legacy grid.
at::Tensor upsample_linear_2(const at::Tensor& x, LinearGrid grid, Route route = Route::automatic);

}  // namespace kdseg::models
