// What U-HeMIS and U-HVED are made of: blocks that normalize before they convolve, an encoder per
// image, decoders.
#pragma once
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/parameters.h"
#include "models/functions/linear.h"
#include "models/layers/normalization.h"

namespace kdseg::models {

/// Maps at full, half, quarter and eighth resolution.
using Pyramid = std::array<at::Tensor, 4>;

/// Twice: instance norm, LeakyReLU 0.02, convolution with three taps along every axis, without
/// bias. Nothing is added to the result. Differs from the paper: its figure shows a residual block;
/// the authors' code adds none.
struct PreactivationBlock : torch::nn::Module {
  PreactivationBlock(int64_t in, int64_t middle, int64_t out, int64_t dimensions);
  Maps forward(const Maps& x, const Context& context) const;
  std::shared_ptr<InstanceNorm> in_0, in_1;
  std::shared_ptr<Convolution> conv_0, conv_1;
};

/// One image [N, 1, (D,) H, W] to four levels; each block's whole output is pooled and goes on.
struct ImageEncoder : torch::nn::Module {
  /// `out`: channels of each level.
  ImageEncoder(int64_t width, const std::array<int64_t, 4>& out, int64_t dimensions);
  Pyramid forward(const at::Tensor& image, const Context& context) const;
  std::shared_ptr<Convolution> conv_0;
  std::array<std::shared_ptr<PreactivationBlock>, 4> blocks;
};

/// Four levels to maps at full resolution: upsample, concatenate with the finer level, block.
struct PyramidDecoder : torch::nn::Module {
  /// `in`: channels of each level.
  PyramidDecoder(int64_t width, const std::array<int64_t, 4>& in, int64_t out, int64_t dimensions);
  at::Tensor forward(const Pyramid& levels, LinearGrid grid, const Context& context) const;
  std::array<std::shared_ptr<PreactivationBlock>, 3> blocks;
  std::shared_ptr<Convolution> last;
};

/// The parameters that both networks have, with `own` between them.
std::vector<Parameter> pyramid_parameters(const Parameter& own);
LinearGrid upsampling_of(const Parameters& parameters);

}  // namespace kdseg::models
