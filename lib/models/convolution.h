// The one place where 3D convolutions are sent to a kernel.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace kdseg::models {

/// plain: LibTorch's own choice. automatic: the fastest equal way this project knows.
enum class Route { automatic, plain };

/// Convolution of x [N, C, D, H, W] with weight [O, C, k, k, k] and bias [O] (may be undefined),
/// zero padding, the same stride on every axis. Differentiable in all three.
at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                    int64_t stride, int64_t padding, Route route = Route::automatic);

}  // namespace kdseg::models
