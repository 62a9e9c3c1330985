// The one place where 3D convolutions are sent to a kernel.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace kdseg::models {

/// plain: LibTorch's own choice. automatic: the fastest equal way this project knows; on the CPU
/// LibTorch sends small 3D convolutions with a batch of one to im2col, several times slower.
enum class Route { automatic, plain };

/// Convolution of x [N, C, D, H, W] with weight [O, C, k, k, k] and bias [O] (may be undefined),
/// zero padding, the same stride on every axis. Differentiable in all three.
at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                    int64_t stride, int64_t padding, Route route = Route::automatic);

/// Maps and their 3x3x3 weights; several parts stand for their concatenation along the channels.
struct Part {
  at::Tensor x;       ///< [N, C, D, H, W]
  at::Tensor weight;  ///< [O, C, 3, 3, 3]
  at::Tensor mask;    ///< [S, C] factors of the channels (dropout), no gradient; undefined: all 1
  /// Where one x [1, C, ...] meets many masks, without gradients: the convolution of x by weight
  /// with no mask, [1, O, D, H, W]. Then only what a mask drops is convolved, and taken away.
  at::Tensor whole{};
  /// Norms and LeakyReLUs that the maps of x still wait for, [N * C, 3] float32: scale, offset and
  /// slope of each, as instance_norm_leaky_waiting() gives them. Without gradients.
  at::Tensor activation{};
};

/// Whether Part::whole speeds convolve_3 up for such maps.
bool uses_whole(const at::Tensor& x, Route route);

/// Sum of the 3x3x3 convolutions (stride 1, padding 1) of one or two parts, plus bias. N is 1 or
/// the number S of mask rows, as in Noise::drop_channels; a part with a batch of one is the same
/// for all samples of the other. Channels whose factor is 0 cost nothing where the automatic route
/// can leave them out.
/// `whole` is the convolution of both parts with no mask, as Part::whole is of one alone.
/// Where no gradient is wanted and the route computes them on the way, `spreads` receives mean and
/// variance of each map of the result, [S * O, 2] float64; it is left undefined otherwise.
at::Tensor convolve_3(const Part& first, const Part& second, const at::Tensor& bias,
                      Route route = Route::automatic, at::Tensor* spreads = nullptr,
                      const at::Tensor& whole = {});
at::Tensor convolve_3(const Part& only, const at::Tensor& bias, Route route = Route::automatic,
                      at::Tensor* spreads = nullptr);

}  // namespace kdseg::models
