// Convolutions of 2D and 3D maps, under the parameter names of a PyTorch state_dict.
#pragma once
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "models/layers/maps.h"

namespace kdseg::models {

/// What lies beyond the border of a convolution's input.
enum class Border { zeros, reflection };

struct ConvolutionShape {
  static constexpr int64_t same = -1;  ///< padding that keeps an odd kernel's size at stride 1

  int64_t in = 0, out = 0, kernel = 3;
  bool bias = true;
  int64_t stride = 1;
  int64_t padding = same;
  Border border = Border::zeros;
  int64_t groups = 1;          ///< in and out are divided among them; both are multiples of it
  bool transposed = false;     ///< stride enlarges instead of shrinking
  int64_t output_padding = 0;  ///< of a transposed one: further voxels at the far border
  int64_t dimensions = 3;      ///< 2 or 3: axes of the maps
};

/// A convolution [N, in, (D,) H, W] -> [N, out, (d,) h, w]. Parameters weight
/// [out, in / groups, (k,) k, k] (transposed: [in, out / groups, ...]) and bias [out] are zero
/// until initialize() or a checkpoint fills them. Meta tensors give meta tensors.
class Convolution : public torch::nn::Module {
 public:
  explicit Convolution(const ConvolutionShape& shape);

  /// x may wait for norms, dropout or a neighbor: where the kernel can, all is done as it is read.
  Maps forward(const Maps& x, const Context& context) const;
  /// Adds the softmax over the channels of every sample of forward() to `sum` [1, out, ...],
  /// float32 in memory.
  void add_softmax(const Maps& x, at::Tensor& sum, const Context& context) const;

  const ConvolutionShape& shape() const { return shape_; }
  at::Tensor weight, bias;  ///< bias undefined where there is none

 private:
  ConvolutionShape shape_;
};

/// A convolution and what it reads.
struct Summand {
  const Convolution& layer;
  const Maps& x;
};

/// The sum of convolutions that give maps of one size. Where `spreads` is not null it receives, if
/// the kernel computes them on the way, mean and variance of every map (see convolve_3).
at::Tensor convolved(const std::vector<Summand>& summands, const Context& context,
                     at::Tensor* spreads = nullptr);

/// A convolution of `dimensions` axes; short for std::make_shared<Convolution>.
std::shared_ptr<Convolution> make_convolution(const ConvolutionShape& shape);

/// Trainable numbers of a module.
int64_t parameter_count(const torch::nn::Module& module);

}  // namespace kdseg::models
