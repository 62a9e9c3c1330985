// Changes of resolution inside networks.
#pragma once
#include <ATen/core/Tensor.h>

#include "models/functions/convolution.h"

namespace kdseg::models {

/// Nearest resize of x [N, C, (D,) H, W] to the size of `like` (its axes from the third on).
at::Tensor upsample_like(const at::Tensor& x, const at::Tensor& like,
                         Route route = Route::automatic);

/// Maximum over 2x2x2 blocks, or 2x2 ones of slices; odd rests are dropped.
at::Tensor max_pool_2(const at::Tensor& x, Route route = Route::automatic);

}  // namespace kdseg::models
