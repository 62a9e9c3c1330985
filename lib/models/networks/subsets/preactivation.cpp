#include "models/networks/subsets/preactivation.h"

#include <ATen/ops/leaky_relu.h>

#include "models/catalog.h"
#include "models/layers/resampling.h"

namespace kdseg::models {
namespace {

constexpr double slope = 0.02;
constexpr double epsilon = 1e-6;

/// Channels between the convolutions of a level's block.
int64_t middle_of_encoder(int64_t width, size_t level) { return width << level; }
/// Channels between and after the convolutions of decoder block i, coarsest first.
int64_t middle_of_decoder(int64_t width, size_t i) { return 4 * width >> i; }
int64_t out_of_decoder(int64_t width, size_t i) { return 2 * width >> i; }

std::string numbered(const char* name, size_t i) { return name + std::to_string(i + 1); }

std::shared_ptr<InstanceNorm> make_norm(int64_t channels) {
  return std::make_shared<InstanceNorm>(
      InstanceNormShape{.channels = channels, .slope = slope, .epsilon = epsilon});
}

}  // namespace

PreactivationBlock::PreactivationBlock(int64_t in, int64_t middle, int64_t out,
                                       int64_t dimensions) {
  const auto convolution = [&](int64_t from, int64_t to) {
    return make_convolution({.in = from, .out = to, .bias = false, .dimensions = dimensions});
  };
  in_0 = register_module("in_0", make_norm(in));
  conv_0 = register_module("conv_0", convolution(in, middle));
  in_1 = register_module("in_1", make_norm(middle));
  conv_1 = register_module("conv_1", convolution(middle, out));
}

Maps PreactivationBlock::forward(const Maps& x, const Context& context) const {
  const Maps y = conv_0->forward(in_0->forward(x, context), context);
  return conv_1->forward(in_1->forward(y, context), context);
}

ImageEncoder::ImageEncoder(int64_t width, const std::array<int64_t, 4>& out, int64_t dimensions) {
  conv_0 = register_module(
      "conv_0", make_convolution(
                    {.in = 1, .out = width, .kernel = 1, .bias = false, .dimensions = dimensions}));
  for (size_t level = 0; level < 4; ++level)
    blocks[level] = register_module(numbered("block_", level),
                                    std::make_shared<PreactivationBlock>(
                                        level == 0 ? width : out[level - 1],
                                        middle_of_encoder(width, level), out[level], dimensions));
}

Pyramid ImageEncoder::forward(const at::Tensor& image, const Context& context) const {
  Pyramid levels;
  Maps x = at::leaky_relu(conv_0->forward(image, context).tensor(), slope);
  for (size_t level = 0; level < 4; ++level) {
    if (level > 0) x = max_pool_2(levels[level - 1], context);
    levels[level] = blocks[level]->forward(x, context).tensor();
  }
  return levels;
}

PyramidDecoder::PyramidDecoder(int64_t width, const std::array<int64_t, 4>& in, int64_t out,
                               int64_t dimensions) {
  for (size_t i = 0; i < 3; ++i) {
    const int64_t deeper = i == 0 ? in[3] : out_of_decoder(width, i - 1);
    blocks[i] = register_module(
        numbered("block_", i),
        std::make_shared<PreactivationBlock>(deeper + in[2 - i], middle_of_decoder(width, i),
                                             out_of_decoder(width, i), dimensions));
  }
  last = register_module("final", make_convolution({.in = out_of_decoder(width, 2),
                                                    .out = out,
                                                    .kernel = 1,
                                                    .bias = false,
                                                    .dimensions = dimensions}));
}

at::Tensor PyramidDecoder::forward(const Pyramid& levels, LinearGrid grid,
                                   const Context& context) const {
  Maps x = levels[3];
  for (size_t i = 0; i < 3; ++i) {
    const Maps up = upsample_linear_2(x, grid, context);
    x = blocks[i]->forward(up.beside(levels[2 - i]), context);
  }
  return last->forward(x, context).tensor();
}

std::vector<Parameter> pyramid_parameters(const Parameter& own) {
  using Kind = Parameter::Kind;
  return {{"width",
           Kind::integer,
           "8",
           "base width b, even: channels of the first convolution",
           2,
           1024,
           {}},
          {"upsampling",
           Kind::choice,
           "tf-legacy",
           "trilinear on the grid of TensorFlow 1 (the authors' code) or on half pixels",
           -1e300,
           1e300,
           {"tf-legacy", "half-pixel"}},
          own,
          convolution_parameter()};
}

LinearGrid upsampling_of(const Parameters& p) {
  return p.text("upsampling") == "half-pixel" ? LinearGrid::half_pixel : LinearGrid::tf_legacy;
}

}  // namespace kdseg::models
