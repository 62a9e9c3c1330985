#include "models/networks/subsets/preactivation.h"

#include <ATen/ops/leaky_relu.h>

#include <algorithm>

#include "models/catalog.h"
#include "models/functions/convolution.h"
#include "models/functions/normalization.h"
#include "models/functions/resampling.h"

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

std::array<int64_t, 3> shrunk(std::array<int64_t, 3> size, size_t level) {
  for (auto& side : size) side >>= level;
  return size;
}

/// LeakyReLU of a map normalized by its share of a norm of concatenated maps.
at::Tensor activated(const at::Tensor& x, const Layer& norm, int64_t first, Route route) {
  const int64_t channels = x.size(1);
  return instance_norm_leaky(x, norm.weight.narrow(0, first, channels),
                             norm.bias.narrow(0, first, channels), slope, route, epsilon);
}

}  // namespace

PreactivationBlock::PreactivationBlock(int64_t in, int64_t middle, int64_t out) {
  in_0 = register_module("in_0", make_norm(in));
  conv_0 = register_module("conv_0", make_convolution(in, middle, 3, false));
  in_1 = register_module("in_1", make_norm(middle));
  conv_1 = register_module("conv_1", make_convolution(middle, out, 3, false));
}

at::Tensor PreactivationBlock::forward(const at::Tensor& x, Route route) const {
  const at::Tensor y = convolve_3({activated(x, *in_0, 0, route), conv_0->weight, {}}, {}, route);
  return convolve_3({activated(y, *in_1, 0, route), conv_1->weight, {}}, {}, route);
}

at::Tensor PreactivationBlock::forward(const at::Tensor& first, const at::Tensor& second,
                                       Route route) const {
  const int64_t split = first.size(1), rest = second.size(1);
  const Part a{activated(first, *in_0, 0, route), conv_0->weight.narrow(1, 0, split), {}};
  const Part b{activated(second, *in_0, split, route), conv_0->weight.narrow(1, split, rest), {}};
  const at::Tensor y = convolve_3(a, b, {}, route);
  return convolve_3({activated(y, *in_1, 0, route), conv_1->weight, {}}, {}, route);
}

ImageEncoder::ImageEncoder(int64_t width, const std::array<int64_t, 4>& out) {
  conv_0 = register_module("conv_0", make_convolution(1, width, 1, false));
  for (size_t level = 0; level < 4; ++level)
    blocks[level] = register_module(
        numbered("block_", level),
        std::make_shared<PreactivationBlock>(level == 0 ? width : out[level - 1],
                                             middle_of_encoder(width, level), out[level]));
}

Pyramid ImageEncoder::forward(const at::Tensor& image, Route route) const {
  Pyramid levels;
  at::Tensor x = at::leaky_relu(convolve(image, conv_0->weight, {}, 1, 0, route), slope);
  for (size_t level = 0; level < 4; ++level) {
    if (level > 0) x = max_pool_2(levels[level - 1], route);
    levels[level] = blocks[level]->forward(x, route);
  }
  return levels;
}

PyramidDecoder::PyramidDecoder(int64_t width, const std::array<int64_t, 4>& in, int64_t out) {
  for (size_t i = 0; i < 3; ++i) {
    const int64_t deeper = i == 0 ? in[3] : out_of_decoder(width, i - 1);
    blocks[i] = register_module(
        numbered("block_", i),
        std::make_shared<PreactivationBlock>(deeper + in[2 - i], middle_of_decoder(width, i),
                                             out_of_decoder(width, i)));
  }
  last = register_module("final", make_convolution(out_of_decoder(width, 2), out, 1, false));
}

at::Tensor PyramidDecoder::forward(const Pyramid& levels, const Ways& ways) const {
  at::Tensor x = levels[3];
  for (size_t i = 0; i < 3; ++i)
    x = blocks[i]->forward(upsample_trilinear_2(x, ways.grid, ways.route), levels[2 - i],
                           ways.route);
  return convolve(x, last->weight, {}, 1, 0, ways.route);
}

std::vector<LayerShape> encoder_layers(const std::string& name, int64_t width,
                                       const std::array<int64_t, 4>& out,
                                       std::array<int64_t, 3> size) {
  std::vector<LayerShape> layers{{name + ".conv_0", 1, width, 1, size}};
  for (size_t level = 0; level < 4; ++level) {
    const std::string block = name + numbered(".block_", level);
    const int64_t in = level == 0 ? width : out[level - 1];
    const int64_t middle = middle_of_encoder(width, level);
    layers.push_back({block + ".conv_0", in, middle, 3, shrunk(size, level)});
    layers.push_back({block + ".conv_1", middle, out[level], 3, shrunk(size, level)});
  }
  return layers;
}

std::vector<LayerShape> decoder_layers(const std::string& name, int64_t width,
                                       const std::array<int64_t, 4>& in, int64_t out,
                                       std::array<int64_t, 3> size) {
  std::vector<LayerShape> layers;
  int64_t deeper = in[3];
  for (size_t i = 0; i < 3; ++i) {
    const std::string block = name + numbered(".block_", i);
    const int64_t middle = middle_of_decoder(width, i);
    layers.push_back({block + ".conv_0", deeper + in[2 - i], middle, 3, shrunk(size, 2 - i)});
    deeper = out_of_decoder(width, i);
    layers.push_back({block + ".conv_1", middle, deeper, 3, shrunk(size, 2 - i)});
  }
  layers.push_back({name + ".final", deeper, out, 1, size});
  return layers;
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

TrilinearGrid upsampling_of(const Parameters& p) {
  return p.text("upsampling") == "half-pixel" ? TrilinearGrid::half_pixel
                                              : TrilinearGrid::tf_legacy;
}

}  // namespace kdseg::models
