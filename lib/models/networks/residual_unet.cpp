#include "models/networks/residual_unet.h"

#include <ATen/TensorOperators.h>
#include <fmt/format.h>

#include <array>

#include "base/errors.h"
#include "models/catalog.h"
#include "models/layers/normalization.h"
#include "models/layers/resampling.h"
#include "models/networks/features_and_head.h"
#include "models/networks/input_check.h"

namespace kdseg::models {
namespace {

using Kind = Parameter::Kind;

constexpr size_t deepest = 4;  ///< strided convolutions, and so resolutions above the last
constexpr int64_t coarsest = int64_t{1} << deepest;

/// Norm, ReLU, convolution, twice, plus the input.
struct ResidualUnit : torch::nn::Module {
  ResidualUnit(int64_t in, int64_t out, int64_t stride, int64_t dimensions) {
    const auto convolution = [&](int64_t from, int64_t kernel, int64_t step) {
      return make_convolution({.in = from,
                               .out = out,
                               .kernel = kernel,
                               .bias = false,
                               .stride = step,
                               .dimensions = dimensions});
    };
    norm_1 = register_module("norm_1", std::make_shared<BatchNorm>(BatchNormShape{in}));
    conv_1 = register_module("conv_1", convolution(in, 3, stride));
    norm_2 = register_module("norm_2", std::make_shared<BatchNorm>(BatchNormShape{out}));
    conv_2 = register_module("conv_2", convolution(out, 3, 1));
    if (in != out || stride != 1)
      shortcut = register_module("shortcut", convolution(in, 1, stride));
  }
  Maps forward(const Maps& x, const Context& context) const {
    const Maps middle = conv_1->forward(norm_1->forward(x, context), context);
    const Maps residual = conv_2->forward(norm_2->forward(middle, context), context);
    const Maps straight = shortcut ? shortcut->forward(x, context) : x;
    return residual.tensor() + straight.tensor();
  }
  std::shared_ptr<BatchNorm> norm_1, norm_2;
  std::shared_ptr<Convolution> conv_1, conv_2, shortcut;
};

/// The two units of a level.
struct Level : torch::nn::Module {
  Level(int64_t in, int64_t out, int64_t stride, int64_t dimensions) {
    first = register_module("0", std::make_shared<ResidualUnit>(in, out, stride, dimensions));
    second = register_module("1", std::make_shared<ResidualUnit>(out, out, 1, dimensions));
  }
  Maps forward(const Maps& x, const Context& context) const {
    return second->forward(first->forward(x, context), context);
  }
  std::shared_ptr<ResidualUnit> first, second;
};

std::shared_ptr<Level> encoder_level(torch::nn::Module& parent, const ResidualUNetOptions& o,
                                     size_t level) {
  const int64_t in = level == 0 ? o.width : o.width << (level - 1);
  return parent.register_module(
      "enc" + std::to_string(level),
      std::make_shared<Level>(in, o.width << level, level == 0 ? 1 : 2, o.dimensions));
}

/// Of the level's own map beside the upsampled deeper one.
std::shared_ptr<Level> decoder_level(torch::nn::Module& parent, const ResidualUNetOptions& o,
                                     size_t level) {
  const int64_t own = o.width << level;
  return parent.register_module("dec" + std::to_string(level),
                                std::make_shared<Level>(3 * own, own, 1, o.dimensions));
}

/// What each domain has for itself.
struct Ends {
  Ends(torch::nn::Module& parent, const ResidualUNetOptions& o) {
    stem = parent.register_module(
        "stem",
        make_convolution(
            {.in = o.in_channels, .out = o.width, .bias = false, .dimensions = o.dimensions}));
    for (size_t level = 0; level < deepest; ++level)
      encoder[level] = encoder_level(parent, o, level);
    for (size_t level = deepest - 1; level-- > 0;) decoder[level] = decoder_level(parent, o, level);
    norm = parent.register_module("norm", std::make_shared<BatchNorm>(BatchNormShape{o.width}));
    head = parent.register_module(
        "head", make_convolution(
                    {.in = o.width, .out = o.classes, .kernel = 1, .dimensions = o.dimensions}));
  }
  std::shared_ptr<Convolution> stem, head;
  std::array<std::shared_ptr<Level>, deepest> encoder;
  std::array<std::shared_ptr<Level>, deepest - 1> decoder;
  std::shared_ptr<BatchNorm> norm;
};

/// What domains share.
struct Middle {
  Middle(torch::nn::Module& parent, const ResidualUNetOptions& o)
      : encoder(encoder_level(parent, o, deepest)),
        decoder(decoder_level(parent, o, deepest - 1)) {}
  std::shared_ptr<Level> encoder, decoder;
};

class ResidualUNet : public FeaturesAndHead {
 public:
  explicit ResidualUNet(const ResidualUNetOptions& options)
      : options_(options), module_(std::make_shared<torch::nn::Module>()) {
    const auto part = [&](const std::string& name) -> torch::nn::Module& {
      if (options.domains == 1) return *module_;
      return *module_->register_module(name, std::make_shared<torch::nn::Module>());
    };
    for (int64_t domain = 0; domain < options.domains; ++domain)
      ends_.emplace_back(part("domain" + std::to_string(domain)), options);
    middle_ = std::make_unique<Middle>(part("shared"), options);
  }

  torch::nn::Module& module() override { return *module_; }
  std::shared_ptr<torch::nn::Module> shared_module() override { return module_; }
  int64_t dimensions() const override { return options_.dimensions; }
  int64_t size_multiple() const override { return coarsest; }
  // One pixel of one sample has no spread, which training needs.
  int64_t minimum_size() const override { return 2 * coarsest; }

 protected:
  Context begin(const tensor::Input& input, std::span<const std::string> wanted) const override {
    check_input(*this, name(), input.image, options_.in_channels, wanted);
    if (options_.domains > 1 && (input.domain < 0 || input.domain >= options_.domains))
      throw DataError("{}: domain {}, expected 0 to {}", name(), input.domain,
                      options_.domains - 1);
    return {input, options_.plain};
  }

  Maps features(const tensor::Input& input, const Context& context, std::span<const std::string>,
                tensor::Bag&) const override {
    const Ends& ends = ends_of(context);
    Maps x = ends.stem->forward(input.image, context);
    std::array<Maps, deepest> skips;
    for (size_t level = 0; level < deepest; ++level)
      skips[level] = x = ends.encoder[level]->forward(x, context);
    x = middle_->encoder->forward(x, context);
    for (size_t level = deepest; level-- > 0;) {
      const Maps both = skips[level].beside(upsample_linear_2(x, LinearGrid::half_pixel, context));
      const Level& decoder = level + 1 == deepest ? *middle_->decoder : *ends.decoder[level];
      x = decoder.forward(both, context);
    }
    return ends.norm->forward(x, context);
  }

  const Convolution& head(const Context& context) const override { return *ends_of(context).head; }

 private:
  const char* name() const { return options_.domains == 1 ? "resunet2d" : "x-shape-resunet2d"; }
  const Ends& ends_of(const Context& context) const {
    return ends_[options_.domains == 1 ? 0 : static_cast<size_t>(context.domain)];
  }

  ResidualUNetOptions options_;
  std::shared_ptr<torch::nn::Module> module_;
  std::vector<Ends> ends_;
  std::unique_ptr<Middle> middle_;
};

}  // namespace

std::shared_ptr<Network> make_residual_unet(const ResidualUNetOptions& options) {
  return std::make_shared<ResidualUNet>(options);
}

NetworkRow residual_unet_row() {
  return {"resunet2d",
          "residual U-Net of slices with batch norm, five levels",
          "Li et al. 2020, arXiv:2010.01532; sizes are ours, the paper has none",
          {{"width",
            Kind::integer,
            "16",
            "channels of the first level, doubled at each of the four below",
            1,
            1024,
            {}},
           {"domains",
            Kind::integer,
            "1",
            "kinds of images, each with ends of its own around a shared middle (X-shape); that of "
            "predictions is the first",
            1,
            8,
            {}},
           convolution_parameter()},
          [](const Parameters& p, int64_t in, int64_t out) {
            return make_residual_unet({.in_channels = in,
                                       .classes = out,
                                       .width = p.integer("width"),
                                       .domains = p.integer("domains"),
                                       .plain = p.text("convolution") == "plain"});
          }};
}

}  // namespace kdseg::models
