// What U-HeMIS and U-HVED are made of: blocks that normalize before they convolve, an encoder per
// image, decoders.
#pragma once
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/parameters.h"
#include "models/functions/trilinear.h"
#include "models/layers/layers.h"

namespace kdseg::models {

/// How maps are computed, the same throughout a network.
struct Ways {
  Route route = Route::automatic;
  TrilinearGrid grid = TrilinearGrid::tf_legacy;
};

/// Maps at full, half, quarter and eighth resolution.
using Pyramid = std::array<at::Tensor, 4>;

/// Twice: instance norm, LeakyReLU 0.02, 3x3x3 convolution without bias. Nothing is added to the
/// result. Differs from the paper: its figure shows a residual block; the authors' code adds none.
struct PreactivationBlock : torch::nn::Module {
  PreactivationBlock(int64_t in, int64_t middle, int64_t out);
  at::Tensor forward(const at::Tensor& x, Route route) const;
  /// Of the concatenation of two maps along their channels, which is not made.
  at::Tensor forward(const at::Tensor& first, const at::Tensor& second, Route route) const;
  std::shared_ptr<Layer> in_0, conv_0, in_1, conv_1;
};

/// One image [N, 1, D, H, W] to four levels; each block's whole output is pooled and goes on.
struct ImageEncoder : torch::nn::Module {
  /// `out`: channels of each level.
  ImageEncoder(int64_t width, const std::array<int64_t, 4>& out);
  Pyramid forward(const at::Tensor& image, Route route) const;
  std::shared_ptr<Layer> conv_0;
  std::array<std::shared_ptr<PreactivationBlock>, 4> blocks;
};

/// Four levels to maps at full resolution: upsample, concatenate with the finer level, block.
struct PyramidDecoder : torch::nn::Module {
  /// `in`: channels of each level.
  PyramidDecoder(int64_t width, const std::array<int64_t, 4>& in, int64_t out);
  at::Tensor forward(const Pyramid& levels, const Ways& ways) const;
  std::array<std::shared_ptr<PreactivationBlock>, 3> blocks;
  std::shared_ptr<Layer> last;
};

/// The convolutions of one encoder or decoder on a volume of this size, in the order they run.
std::vector<LayerShape> encoder_layers(const std::string& name, int64_t width,
                                       const std::array<int64_t, 4>& out,
                                       std::array<int64_t, 3> size);
std::vector<LayerShape> decoder_layers(const std::string& name, int64_t width,
                                       const std::array<int64_t, 4>& in, int64_t out,
                                       std::array<int64_t, 3> size);

/// The parameters that both networks have, with `own` between them.
std::vector<Parameter> pyramid_parameters(const Parameter& own);
TrilinearGrid upsampling_of(const Parameters& parameters);

}  // namespace kdseg::models
