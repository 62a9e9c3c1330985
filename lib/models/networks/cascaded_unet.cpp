#include "models/networks/cascaded_unet.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/avg_pool3d.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/where.h>

#include <array>
#include <limits>
#include <map>

#include "models/catalog.h"
#include "models/layers/dropout.h"
#include "models/layers/normalization.h"
#include "models/networks/features_and_head.h"
#include "models/networks/input_check.h"
#include "models/networks/subsets/fusion.h"

namespace kdseg::models {
namespace {

using Kind = Parameter::Kind;
using Options = CascadedUNetOptions;

constexpr size_t deepest = 3;      ///< strided convolutions of a net
constexpr int64_t coarsening = 4;  ///< of the coarsest net's image

/// Means over blocks of `times` voxels along every axis.
at::Tensor mean_pool(const at::Tensor& image, int64_t times) {
  const std::vector<int64_t> block(static_cast<size_t>(image.dim() - 2), times);
  return image.dim() == 4 ? at::avg_pool2d(image, block) : at::avg_pool3d(image, block);
}

/// What coarse probabilities are. A training settles it by its own head.
Parameter head_parameter() {
  return {"head",
          Kind::choice,
          "regions",
          "what its coarse probabilities are: regions, a sigmoid each, or classes, softmax; a "
          "training sets it by --head",
          -1e300,
          1e300,
          {"regions", "classes"}};
}

std::shared_ptr<Convolution> three_taps(int64_t in, int64_t out, int64_t stride, int64_t groups,
                                        const Options& o) {
  return make_convolution(
      {.in = in, .out = out, .stride = stride, .groups = groups, .dimensions = o.dimensions});
}

/// Norm, ReLU, convolution, twice, plus the input.
struct ResidualBlock : torch::nn::Module {
  ResidualBlock(int64_t channels, int64_t groups, const Options& o) {
    const InstanceNormShape norm{.channels = channels, .slope = 0};
    norm_1 = register_module("norm_1", std::make_shared<InstanceNorm>(norm));
    conv_1 = register_module("conv_1", three_taps(channels, channels, 1, groups, o));
    norm_2 = register_module("norm_2", std::make_shared<InstanceNorm>(norm));
    conv_2 = register_module("conv_2", three_taps(channels, channels, 1, groups, o));
  }
  Maps forward(const Maps& x, const Context& context) const {
    const at::Tensor given = x.tensor();
    const Maps middle = norm_2->forward({{*conv_1, norm_1->forward(given, context)}}, context);
    return given + conv_2->forward(middle, context).tensor();
  }
  std::shared_ptr<InstanceNorm> norm_1, norm_2;
  std::shared_ptr<Convolution> conv_1, conv_2;
};

struct EncoderLevel : torch::nn::Module {
  EncoderLevel(size_t level, int64_t width, const Options& o) : dropout(level > 0 ? o.dropout : 0) {
    const int64_t images = o.in_channels, out = images * (width << level);
    conv = register_module(
        "conv", three_taps(level == 0 ? images : out / 2, out, level == 0 ? 1 : 2, images, o));
    block = register_module("block", std::make_shared<ResidualBlock>(out, images, o));
  }
  Maps forward(const Maps& x, const Context& context) const {
    return block->forward(drop_values(conv->forward(x, context), dropout, context), context);
  }
  double dropout;
  std::shared_ptr<Convolution> conv;
  std::shared_ptr<ResidualBlock> block;
};

struct DecoderLevel : torch::nn::Module {
  /// `extra`: channels of what coarser nets think of this size.
  DecoderLevel(size_t level, int64_t width, int64_t extra, const Options& o) {
    const int64_t out = width << (level + 1), skip = width << level;
    const int64_t in = level + 1 == deepest ? width << deepest : 2 * out;
    up = register_module("up", make_convolution({.in = in,
                                                 .out = out,
                                                 .kernel = 2,
                                                 .bias = false,
                                                 .stride = 2,
                                                 .padding = 0,
                                                 .transposed = true,
                                                 .dimensions = o.dimensions}));
    join = register_module(
        "join",
        make_convolution(
            {.in = out + skip + extra, .out = out, .kernel = 1, .dimensions = o.dimensions}));
    block = register_module("block", std::make_shared<ResidualBlock>(out, 1, o));
  }
  Maps forward(const Maps& deep, const Maps& skip, const Maps& extra,
               const Context& context) const {
    Maps all = up->forward(deep, context).beside(skip);
    if (extra.defined()) all = all.beside(extra);
    return block->forward(join->forward(all, context), context);
  }
  std::shared_ptr<Convolution> up, join;
  std::shared_ptr<ResidualBlock> block;
};

/// Coarser nets' probabilities by the decoder level that takes them in.
using Opinions = std::map<size_t, Maps>;

/// A net of one resolution.
struct Net : torch::nn::Module {
  Net(int64_t width, const std::vector<size_t>& levels_with_opinions, const Options& o)
      : images(o.in_channels) {
    for (size_t level = 0; level <= deepest; ++level)
      encoder[level] = register_module("enc" + std::to_string(level),
                                       std::make_shared<EncoderLevel>(level, width, o));
    for (size_t level = deepest; level-- > 0;) {
      int64_t extra = 0;
      for (const size_t one : levels_with_opinions) extra += one == level ? o.classes : 0;
      decoder[level] = register_module("dec" + std::to_string(level),
                                       std::make_shared<DecoderLevel>(level, width, extra, o));
    }
    head = register_module(
        "head", make_convolution(
                    {.in = 2 * width, .out = o.classes, .kernel = 1, .dimensions = o.dimensions}));
  }

  /// The last maps. `present` [N, images]; undefined: all.
  Maps features(const at::Tensor& image, const at::Tensor& present, const Opinions& opinions,
                const Context& context) const {
    std::array<Maps, deepest + 1> fused;
    Maps x = image;
    for (size_t level = 0; level <= deepest; ++level) {
      x = encoder[level]->forward(x, context);
      fused[level] = largest(x.tensor(), present);
    }
    x = fused[deepest];
    for (size_t level = deepest; level-- > 0;) {
      const auto found = opinions.find(level);
      x = decoder[level]->forward(x, fused[level], found == opinions.end() ? Maps() : found->second,
                                  context);
    }
    return x;
  }

  /// Over the images, value by value.
  at::Tensor largest(const at::Tensor& maps, const at::Tensor& present) const {
    at::Tensor by_image = maps.unflatten(1, {images, maps.size(1) / images});
    if (present.defined()) {
      std::vector<int64_t> shape(static_cast<size_t>(by_image.dim()), 1);
      shape[0] = present.size(0);
      shape[1] = images;
      by_image = at::where(present.to(maps.device()).view(shape) > 0, by_image,
                           -std::numeric_limits<double>::infinity());
    }
    return at::amax(by_image, {1});
  }

  int64_t images;
  std::array<std::shared_ptr<EncoderLevel>, deepest + 1> encoder;
  std::array<std::shared_ptr<DecoderLevel>, deepest> decoder;
  std::shared_ptr<Convolution> head;
};

struct CascadeModule : torch::nn::Module {
  explicit CascadeModule(const Options& o) {
    const auto net = [&](const char* name, int64_t times, const std::vector<size_t>& opinions) {
      return register_module(name, std::make_shared<Net>(times * o.width, opinions, o));
    };
    quarter = net("quarter", 4, {});
    half = net("half", 2, {1});
    full = net("full", 1, {1, 2});
  }
  std::shared_ptr<Net> quarter, half, full;
};

class CascadedUNet : public FeaturesAndHead {
 public:
  explicit CascadedUNet(const Options& options)
      : options_(options), module_(std::make_shared<CascadeModule>(options)) {}

  torch::nn::Module& module() override { return *module_; }
  std::shared_ptr<torch::nn::Module> shared_module() override { return module_; }
  std::vector<std::string> extras() const override { return {"half", "quarter"}; }
  int64_t dimensions() const override { return options_.dimensions; }
  int64_t size_multiple() const override { return coarsening << deepest; }
  // A single voxel has no spread: instance norm would erase the coarsest net's deepest level.
  int64_t minimum_size() const override { return 2 * size_multiple(); }
  bool has_dropout() const override { return options_.dropout > 0; }
  bool takes_subsets() const override { return true; }

 protected:
  Context begin(const tensor::Input& input, std::span<const std::string> wanted) const override {
    check_input(*this, "cascaded-unet", input.image, options_.in_channels, wanted);
    return {input, options_.plain};
  }

  Maps features(const tensor::Input& input, const Context& context,
                std::span<const std::string> wanted, tensor::Bag& extra) const override {
    const CascadeModule& m = *module_;
    const at::Tensor image = given_of(input);
    const at::Tensor quarter =
        logits_of(*m.quarter, mean_pool(image, 4), input.present, {}, context);
    const at::Tensor of_quarter = probability(quarter);
    const at::Tensor half =
        logits_of(*m.half, mean_pool(image, 2), input.present, {{1, of_quarter}}, context);
    for (const auto& name : wanted) extra.set(name, name == "half" ? half : quarter);
    return m.full->features(image, input.present, {{2, of_quarter}, {1, probability(half)}},
                            context);
  }

  const Convolution& head(const Context&) const override { return *module_->full->head; }

 private:
  /// The image, 0 in what is not present, whatever stood there.
  at::Tensor given_of(const tensor::Input& input) const {
    if (!input.present.defined()) return input.image;
    const Availability given(input.present, input.image.size(0), options_.in_channels,
                             "cascaded-unet");
    std::vector<at::Tensor> images;
    for (int64_t i = 0; i < options_.in_channels; ++i)
      images.push_back(given.only_given(input.image.narrow(1, i, 1), i));
    return beside_each_other(images);
  }

  static at::Tensor logits_of(const Net& net, const at::Tensor& image, const at::Tensor& present,
                              const Opinions& opinions, const Context& context) {
    return net.head->forward(net.features(image, present, opinions, context), context).tensor();
  }

  at::Tensor probability(const at::Tensor& logits) const {
    return options_.softmax ? at::softmax(logits, 1) : at::sigmoid(logits);
  }

  Options options_;
  std::shared_ptr<CascadeModule> module_;
};

}  // namespace

std::shared_ptr<Network> make_cascaded_unet(const CascadedUNetOptions& options) {
  return std::make_shared<CascadedUNet>(options);
}

NetworkRow cascaded_unet_row() {
  return {"cascaded-unet",
          "three U-Nets from coarse to fine, an encoder per image, the largest value over images",
          "Lachinov et al. 2018, arXiv:1810.04008, and the authors' code",
          {{"width",
            Kind::integer,
            "4",
            "channels N per image of the finest net; twice and four times that of the coarser ones",
            1,
            1024,
            {}},
           {"dropout",
            Kind::number,
            "0.1",
            "probability that a value behind a strided convolution is dropped",
            0.0,
            0.99,
            {}},
           head_parameter(),
           convolution_parameter()},
          [](const Parameters& p, int64_t in, int64_t out) {
            return make_cascaded_unet({.in_channels = in,
                                       .classes = out,
                                       .width = p.integer("width"),
                                       .dropout = p.number("dropout"),
                                       .softmax = p.text("head") == "classes",
                                       .plain = p.text("convolution") == "plain"});
          }};
}

}  // namespace kdseg::models
