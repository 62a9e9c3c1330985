#include "models/networks/vae_unet.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/stack.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/errors.h"
#include "models/catalog.h"
#include "models/layers/dense.h"
#include "models/layers/normalization.h"
#include "models/layers/resampling.h"
#include "models/networks/features_and_head.h"
#include "models/networks/input_check.h"
#include "tensor/noise.h"

namespace kdseg::models {
namespace {

using Kind = Parameter::Kind;
using Options = VaeUNetOptions;

constexpr size_t deepest = 3;  ///< strided convolutions of the encoder
constexpr std::array<int, deepest + 1> blocks_of_level{1, 2, 2, 4};
constexpr int64_t narrow = 16;  ///< channels before the Gaussian

std::shared_ptr<GroupNorm> make_norm(int64_t channels) {
  return std::make_shared<GroupNorm>(GroupNormShape{channels});
}

std::shared_ptr<Convolution> pointwise(int64_t in, int64_t out, bool bias, const Options& o) {
  return make_convolution(
      {.in = in, .out = out, .kernel = 1, .bias = bias, .dimensions = o.dimensions});
}

/// Norm, ReLU, convolution, twice, plus the input.
struct ResidualBlock : torch::nn::Module {
  ResidualBlock(int64_t channels, const Options& o) {
    const ConvolutionShape shape{
        .in = channels, .out = channels, .bias = false, .dimensions = o.dimensions};
    norm_1 = register_module("norm_1", make_norm(channels));
    conv_1 = register_module("conv_1", make_convolution(shape));
    norm_2 = register_module("norm_2", make_norm(channels));
    conv_2 = register_module("conv_2", make_convolution(shape));
  }
  Maps forward(const Maps& x, const Context& context) const {
    const Maps middle = conv_1->forward(norm_1->forward(x, context), context);
    return x.tensor() + conv_2->forward(norm_2->forward(middle, context), context).tensor();
  }
  std::shared_ptr<GroupNorm> norm_1, norm_2;
  std::shared_ptr<Convolution> conv_1, conv_2;
};

/// A strided convolution but at the first level, then residual blocks.
struct EncoderLevel : torch::nn::Module {
  EncoderLevel(size_t level, const Options& o) {
    const int64_t channels = o.width << level;
    if (level > 0)
      down = register_module("down", make_convolution({.in = channels / 2,
                                                       .out = channels,
                                                       .bias = false,
                                                       .stride = 2,
                                                       .dimensions = o.dimensions}));
    for (int i = 0; i < blocks_of_level[level]; ++i)
      blocks.push_back(
          register_module(std::to_string(i), std::make_shared<ResidualBlock>(channels, o)));
  }
  Maps forward(const Maps& image, const Context& context) const {
    Maps x = down ? down->forward(image, context) : image;
    for (const auto& block : blocks) x = block->forward(x, context);
    return x;
  }
  std::shared_ptr<Convolution> down;
  std::vector<std::shared_ptr<ResidualBlock>> blocks;
};

/// Fewer channels, twice the size, plus the encoder's map where there is one, a residual block.
struct DecoderLevel : torch::nn::Module {
  DecoderLevel(size_t level, const Options& o) {
    const int64_t channels = o.width << level;
    reduce = register_module("reduce", pointwise(2 * channels, channels, false, o));
    block = register_module("block", std::make_shared<ResidualBlock>(channels, o));
  }
  Maps forward(const Maps& deep, const Maps& skip, const Context& context) const {
    Maps x = upsample_linear_2(reduce->forward(deep, context), LinearGrid::half_pixel, context);
    if (skip.defined()) x = x.tensor() + skip.tensor();
    return block->forward(x, context);
  }
  std::shared_ptr<Convolution> reduce;
  std::shared_ptr<ResidualBlock> block;
};

using Decoder = std::array<std::shared_ptr<DecoderLevel>, deepest>;

Decoder make_decoder(torch::nn::Module& parent, const Options& o) {
  Decoder decoder;
  for (size_t level = deepest; level-- > 0;)
    decoder[level] = parent.register_module("dec" + std::to_string(level),
                                            std::make_shared<DecoderLevel>(level, o));
  return decoder;
}

/// From the deepest map to a Gaussian of few numbers, and from one of its values to images.
struct VaeBranch : torch::nn::Module {
  explicit VaeBranch(const Options& o) : options(o) {
    const int64_t deep = o.width << deepest;
    norm_in = register_module("norm_in", make_norm(deep));
    down = register_module(
        "down",
        make_convolution({.in = deep, .out = narrow, .stride = 2, .dimensions = o.dimensions}));
    norm_narrow = register_module("norm_narrow", make_norm(narrow));
    to_gaussian = register_module(
        "to_gaussian", std::make_shared<Dense>(flat(), fixed() ? o.latents : 2 * o.latents));
    from_sample = register_module("from_sample", std::make_shared<Dense>(o.latents, flat()));
    widen = register_module("widen", pointwise(narrow, deep, false, o));
    norm_wide = register_module("norm_wide", make_norm(deep));
    if (!o.shared_decoder) decoder = make_decoder(*this, o);
    norm_out = register_module("norm_out", make_norm(o.width));
    last = register_module("last", pointwise(o.width, o.in_channels, true, o));
  }

  bool fixed() const { return options.fixed_deviation > 0; }
  /// Numbers in the narrow map.
  int64_t flat() const {
    int64_t count = narrow;
    for (const int64_t side : options.image_size) count *= side / (2 << deepest);
    return count;
  }

  /// [N, 2, latents]: means, then logarithms of variances.
  at::Tensor gaussian(const Maps& deep, const Context& context) const {
    const Maps x = down->forward(norm_in->forward(deep, context), context);
    const at::Tensor made =
        to_gaussian->forward(norm_narrow->forward(x, context).tensor().flatten(1));
    if (!fixed()) return made.view({made.size(0), 2, options.latents});
    const double log_variance = 2 * std::log(options.fixed_deviation);
    return at::stack({made, at::full_like(made.detach(), log_variance)}, 1);
  }
  at::Tensor images(const at::Tensor& sample, const Decoder& levels, const Context& context) const {
    std::vector<int64_t> shape{sample.size(0), narrow};
    for (auto side = options.image_size.rbegin(); side != options.image_size.rend(); ++side)
      shape.push_back(*side / (2 << deepest));
    Maps x = at::leaky_relu(from_sample->forward(sample), 0.0).view(shape);
    x = upsample_linear_2(widen->forward(x, context), LinearGrid::half_pixel, context);
    x = norm_wide->forward(x, context);
    for (size_t level = deepest; level-- > 0;) x = levels[level]->forward(x, {}, context);
    return last->forward(norm_out->forward(x, context), context).tensor();
  }

  Options options;
  std::shared_ptr<GroupNorm> norm_in, norm_narrow, norm_wide, norm_out;
  std::shared_ptr<Convolution> down, widen, last;
  std::shared_ptr<Dense> to_gaussian, from_sample;
  Decoder decoder;
};

struct VaeUNetModule : torch::nn::Module {
  explicit VaeUNetModule(const Options& o) {
    first = register_module(
        "init",
        make_convolution(
            {.in = o.in_channels, .out = o.width, .bias = false, .dimensions = o.dimensions}));
    for (size_t level = 0; level <= deepest; ++level)
      encoder[level] =
          register_module("enc" + std::to_string(level), std::make_shared<EncoderLevel>(level, o));
    decoder = make_decoder(*this, o);
    norm = register_module("norm", make_norm(o.width));
    head = register_module("head", pointwise(o.width, o.classes, true, o));
    vae = register_module("vae", std::make_shared<VaeBranch>(o));
  }
  std::shared_ptr<Convolution> first, head;
  std::array<std::shared_ptr<EncoderLevel>, deepest + 1> encoder;
  Decoder decoder;
  std::shared_ptr<GroupNorm> norm;
  std::shared_ptr<VaeBranch> vae;
};

class VaeUNet : public FeaturesAndHead {
 public:
  explicit VaeUNet(const Options& options) : options_(options) {
    bool fits = static_cast<int64_t>(options.image_size.size()) == options.dimensions;
    for (const int64_t side : options.image_size) fits = fits && side >= 32 && side % 16 == 0;
    if (!fits)
      throw UsageError("vae-unet: image-size is {}, expected {} multiples of 16, at least 32",
                       fmt::join(options.image_size, " "), options.dimensions);
    if (options.width % 8 != 0)
      throw UsageError("vae-unet: width is {}, expected a multiple of 8", options.width);
    module_ = std::make_shared<VaeUNetModule>(options);
  }

  torch::nn::Module& module() override { return *module_; }
  std::shared_ptr<torch::nn::Module> shared_module() override { return module_; }
  std::vector<std::string> extras() const override { return {"latent", "reconstruction"}; }
  int64_t dimensions() const override { return options_.dimensions; }
  int64_t size_multiple() const override { return int64_t{1} << deepest; }
  bool has_dropout() const override { return options_.dropout > 0; }

 protected:
  Context begin(const tensor::Input& input, std::span<const std::string> wanted) const override {
    check_input(*this, "vae-unet", input.image, options_.in_channels, wanted);
    const auto sides = input.image.sizes().slice(2);
    if (!wanted.empty() && !std::equal(sides.begin(), sides.end(), options_.image_size.rbegin()))
      throw DataError(
          "vae-unet: its VAE branch restores images of {} voxels, the input is [{}]; set "
          "image-size "
          "of [network.vae-unet] to the size of the patches",
          fmt::join(options_.image_size, "x"), fmt::join(input.image.sizes(), ", "));
    return {input, options_.plain};
  }

  Maps features(const tensor::Input& input, const Context& context,
                std::span<const std::string> wanted, tensor::Bag& extra) const override {
    const VaeUNetModule& m = *module_;
    Maps x = drop_channels(m.first->forward(input.image, context), options_.dropout, context);
    std::array<Maps, deepest + 1> encoded;
    for (size_t level = 0; level <= deepest; ++level)
      encoded[level] = x = m.encoder[level]->forward(x, context);
    if (!wanted.empty()) restore(x, context, wanted, extra);
    for (size_t level = deepest; level-- > 0;)
      x = m.decoder[level]->forward(x, encoded[level], context);
    return m.norm->forward(x, context);
  }

  const Convolution& head(const Context&) const override { return *module_->head; }

 private:
  void restore(const Maps& deep, const Context& context, std::span<const std::string> wanted,
               tensor::Bag& extra) const {
    const VaeBranch& vae = *module_->vae;
    const at::Tensor gaussian = vae.gaussian(deep, context);
    for (const auto& name : wanted) {
      if (name == "latent") {
        extra.set(name, gaussian);
        continue;
      }
      at::Tensor sample = gaussian.select(1, 0);
      if (context.noise)
        sample = sample + at::exp(gaussian.select(1, 1) * 0.5) *
                              context.noise->normal({options_.latents}, gaussian.options());
      const Decoder& levels = options_.shared_decoder ? module_->decoder : vae.decoder;
      extra.set(name, vae.images(sample, levels, context));
    }
  }

  Options options_;
  std::shared_ptr<VaeUNetModule> module_;
};

std::vector<int64_t> image_size(const std::vector<double>& numbers) {
  std::vector<int64_t> sides(numbers.begin(), numbers.end());
  if (sides.size() == 1) sides.assign(3, sides.front());
  return sides;
}

}  // namespace

std::shared_ptr<Network> make_vae_unet(const VaeUNetOptions& options) {
  return std::make_shared<VaeUNet>(options);
}

NetworkRow vae_unet_row() {
  return {"vae-unet",
          "residual U-Net with group norm whose encoder also restores its images (VAE branch)",
          "Myronenko 2018, arXiv:1810.11654",
          {{"width",
            Kind::integer,
            "32",
            "channels f of the first level, a multiple of 8",
            8,
            1024,
            {}},
           {"dropout",
            Kind::number,
            "0.2",
            "probability that a whole channel of the first map is dropped",
            0.0,
            0.99,
            {}},
           {"image-size",
            Kind::numbers,
            "128",
            "size of the patches that the VAE branch restores, x y z voxels or one number for all: "
            "multiples of 16",
            32,
            4096,
            {}},
           {"latents", Kind::integer, "128", "numbers of the VAE's Gaussian", 1, 65536, {}},
           {"vae-decoder",
            Kind::choice,
            "own",
            "what restores images: blocks of its own, or shared with the segmentation (MONAI)",
            -1e300,
            1e300,
            {"own", "shared"}},
           {"fixed-sigma",
            Kind::number,
            "0",
            "deviation of the Gaussian (MONAI: 0.3); 0: the network estimates it",
            0.0,
            1e3,
            {}},
           convolution_parameter()},
          [](const Parameters& p, int64_t in, int64_t out) {
            return make_vae_unet({.in_channels = in,
                                  .classes = out,
                                  .width = p.integer("width"),
                                  .dropout = p.number("dropout"),
                                  .image_size = image_size(p.numbers("image-size")),
                                  .latents = p.integer("latents"),
                                  .shared_decoder = p.text("vae-decoder") == "shared",
                                  .fixed_deviation = p.number("fixed-sigma"),
                                  .plain = p.text("convolution") == "plain"});
          }};
}

}  // namespace kdseg::models
