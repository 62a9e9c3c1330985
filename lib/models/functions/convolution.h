// The one place where convolutions are sent to a kernel.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace kdseg::models {

/// plain: LibTorch's own choice. automatic: the fastest equal way this project knows; on the CPU
/// LibTorch sends small 3D convolutions with a batch of one to im2col, several times slower.
enum class Route { automatic, plain };

/// Convolution of x [N, C, (D,) H, W] with weight [O, C, (k,) k, k] and bias [O] (may be
/// undefined), zero padding, the same stride on every axis. Differentiable in all three.
at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                    int64_t stride, int64_t padding, Route route = Route::automatic);

/// Maps and the weights of a convolution; several parts stand for their concatenation along the
/// channels.
struct Part {
  at::Tensor x;       ///< [N, C, (D,) H, W]
  at::Tensor weight;  ///< [O, C, (3,) 3, 3]
  at::Tensor mask;    ///< [S, C] factors of the channels (dropout), no gradient; undefined: all 1
  /// Where one x [1, C, ...] meets many masks, without gradients: the convolution of x by weight
  /// with no mask, [1, O, ...]. Then only what a mask drops is convolved, and taken away.
  at::Tensor whole{};
  /// Norms and LeakyReLUs that the maps of x still wait for, [N * C, 3] float32: scale, offset and
  /// slope of each, as waiting_norm() gives them. Without gradients.
  at::Tensor activation{};
};

/// Whether Part::whole speeds convolve_3 up for such maps.
bool uses_whole(const at::Tensor& x, Route route);

/// Sum of the convolutions with three taps along every axis (stride 1, padding 1) of one or two
/// parts, plus bias. N is 1 or the number S of mask rows, as in Noise::drop_channels; a part with a
/// batch of one is the same for all samples of the other. Channels whose factor is 0 cost nothing
/// where the automatic route can leave them out.
/// `whole` is the convolution of both parts with no mask, as Part::whole is of one alone.
/// Where no gradient is wanted and the route computes them on the way, `spreads` receives mean and
/// variance of each map of the result, [S * O, 2] float64; it is left undefined otherwise.
at::Tensor convolve_3(const Part& first, const Part& second, const at::Tensor& bias,
                      Route route = Route::automatic, at::Tensor* spreads = nullptr,
                      const at::Tensor& whole = {});
at::Tensor convolve_3(const Part& only, const at::Tensor& bias, Route route = Route::automatic,
                      at::Tensor* spreads = nullptr);

/// Convolution with one tap, weight [O, C, (1,) 1, 1], of maps that may wait for their norm.
at::Tensor convolve_1(const Part& part, const at::Tensor& bias, Route route = Route::automatic);

/// Adds the softmax over O of every sample of convolve_1() to `sum` [1, O, ...], float32 in memory.
/// Where the maps wait for their norm, in one pass over memory.
void add_softmax_of_convolve_1(const Part& part, const at::Tensor& bias, Route route,
                               at::Tensor& sum);

/// Factors [S, C] of the channels as they multiply maps of so many dimensions: [S, C, 1, ...].
at::Tensor per_channel(const at::Tensor& factors, int64_t dimensions);

/// One behind the other along the channels; a batch of one is repeated where others have more.
at::Tensor beside_each_other(const std::vector<at::Tensor>& maps);

}  // namespace kdseg::models
