#include "models/networks/unet.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"
#include "models/layers/normalization.h"
#include "models/layers/resampling.h"
#include "models/networks/features_and_head.h"
#include "models/networks/input_check.h"

namespace kdseg::models {
namespace {

constexpr double slope = 0.01;
constexpr int64_t coarsest = 16;  ///< four poolings

/// Convolution, instance norm, LeakyReLU ("CIL").
std::shared_ptr<Unit> make_unit(int64_t in, int64_t out, int64_t dimensions) {
  return std::make_shared<Unit>(UnitShape{
      .in = in, .out = out, .slope = slope, .norm_name = "inst", .dimensions = dimensions});
}

/// Two units behind one dropout.
struct Block : torch::nn::Module {
  Block(int64_t in, int64_t middle, int64_t out, int64_t dimensions) {
    conv1 = register_module("conv1", make_unit(in, middle, dimensions));
    conv2 = register_module("conv2", make_unit(middle, out, dimensions));
  }
  Maps forward(const Maps& x, double p, const Context& context) const {
    return context.once(this, [&] {
      return conv2->forward(conv1->forward(drop_channels(x, p, context), context), context);
    });
  }
  std::shared_ptr<Unit> conv1, conv2;
};

/// The skip connection and the upsampled deeper map, each behind its own dropout, convolved and
/// added; then norm, LeakyReLU and one unit.
struct UpBlock : torch::nn::Module {
  UpBlock(int64_t channels, int64_t out, int64_t dimensions) {
    const ConvolutionShape shape{.in = channels, .out = channels, .dimensions = dimensions};
    conv_up = register_module("conv_up", make_convolution(shape));
    ConvolutionShape without_bias = shape;
    without_bias.bias = false;
    conv_left = register_module("conv_left", make_convolution(without_bias));
    inst = register_module("inst", std::make_shared<InstanceNorm>(
                                       InstanceNormShape{.channels = channels, .slope = slope}));
    conv_out = register_module("conv_out", make_unit(channels, out, dimensions));
  }
  Maps forward(const Maps& skip, const Maps& deep, double p, const Context& context) const {
    const Maps up = upsample_like(deep, skip, context);
    return context.once(this, [&] {
      const Maps left = drop_channels(skip, p, context), right = drop_channels(up, p, context);
      return conv_out->forward(inst->forward({{*conv_left, left}, {*conv_up, right}}, context),
                               context);
    });
  }
  std::shared_ptr<Convolution> conv_up, conv_left;
  std::shared_ptr<InstanceNorm> inst;
  std::shared_ptr<Unit> conv_out;
};

struct UNetModule : torch::nn::Module {
  explicit UNetModule(const UNetOptions& o) {
    const int64_t k = o.width;
    const auto block = [&](const char* name, int64_t in, int64_t middle, int64_t out) {
      return register_module(name, std::make_shared<Block>(in, middle, out, o.dimensions));
    };
    const auto up = [&](const char* name, int64_t channels, int64_t out) {
      return register_module(name, std::make_shared<UpBlock>(channels, out, o.dimensions));
    };
    d1 = block("conv_d1", o.in_channels, k, k);
    d2 = block("conv_d2", k, 2 * k, 2 * k);
    d3 = block("conv_d3", 2 * k, 4 * k, 4 * k);
    d4 = block("conv_d4", 4 * k, 8 * k, 8 * k);
    c5 = block("conv_c5", 8 * k, 16 * k, 8 * k);
    u4 = up("conv_u4", 8 * k, 4 * k);
    u3 = up("conv_u3", 4 * k, 2 * k);
    u2 = up("conv_u2", 2 * k, k);
    u1 = up("conv_u1", k, k);
    conv_out = register_module(
        "conv_out",
        make_convolution({.in = k, .out = o.classes, .kernel = 1, .dimensions = o.dimensions}));
  }
  std::shared_ptr<Block> d1, d2, d3, d4, c5;
  std::shared_ptr<UpBlock> u4, u3, u2, u1;
  std::shared_ptr<Convolution> conv_out;
};

class UNet : public FeaturesAndHead {
 public:
  explicit UNet(const UNetOptions& options)
      : options_(options),
        dropout_(unet_dropout(options)),
        module_(std::make_shared<UNetModule>(options)) {}

  torch::nn::Module& module() override { return *module_; }
  std::shared_ptr<torch::nn::Module> shared_module() override { return module_; }
  std::vector<std::string> extras() const override { return {"d2", "u3", "d3", "u4", "d4", "c5"}; }
  int64_t dimensions() const override { return options_.dimensions; }
  int64_t size_multiple() const override { return coarsest; }
  // A single voxel has no spread: instance norm would erase the deepest level at 16 voxels.
  int64_t minimum_size() const override { return 2 * coarsest; }
  bool has_dropout() const override {
    return std::any_of(dropout_.begin(), dropout_.end(), [](double p) { return p > 0; });
  }

 protected:
  Context begin(const tensor::Input& input, std::span<const std::string> wanted) const override {
    check_input(*this, "had-net-unet", input.image, options_.in_channels, wanted);
    return {input, options_.plain};
  }

  Maps features(const tensor::Input& input, const Context& context,
                std::span<const std::string> wanted, tensor::Bag& extra) const override {
    const UNetModule& m = *module_;
    const auto& p = dropout_;
    const Maps d1 = m.d1->forward(input.image, p[0], context);
    const Maps d2 = m.d2->forward(max_pool_2(d1, context), p[1], context);
    const Maps d3 = m.d3->forward(max_pool_2(d2, context), p[2], context);
    const Maps d4 = m.d4->forward(max_pool_2(d3, context), p[3], context);
    const Maps c5 = m.c5->forward(max_pool_2(d4, context), p[4], context);
    const Maps u4 = m.u4->forward(d4, c5, p[5], context);
    const Maps u3 = m.u3->forward(d3, u4, p[6], context);
    const Maps u2 = m.u2->forward(d2, u3, p[7], context);
    const Maps u1 = m.u1->forward(d1, u2, p[8], context);

    const std::vector<std::pair<std::string, Maps>> taps{{"d2", d2}, {"u3", u3}, {"d3", d3},
                                                         {"u4", u4}, {"d4", d4}, {"c5", c5}};
    for (const auto& name : wanted)
      for (const auto& [tap, maps] : taps)
        if (name == tap) extra.set(name, maps.tensor());
    return u1;
  }

  const Convolution& head(const Context&) const override { return *module_->conv_out; }

 private:
  UNetOptions options_;
  std::vector<double> dropout_;
  std::shared_ptr<UNetModule> module_;
};

}  // namespace

std::shared_ptr<Network> make_unet(const UNetOptions& options) {
  return std::make_shared<UNet>(options);
}

std::vector<double> unet_dropout(const UNetOptions& o) {
  const std::vector<std::string> names{"d1", "d2", "d3", "d4", "c5", "u4", "u3", "u2", "u1"};
  std::vector<double> p(names.size(), o.dropout_blocks.empty() ? o.dropout : 0.0);
  for (const auto& block : o.dropout_blocks) {
    const auto at = std::find(names.begin(), names.end(), block);
    if (at == names.end())
      throw UsageError("dropout-blocks: no block '{}'{}", block, did_you_mean(block, names));
    p[static_cast<size_t>(at - names.begin())] = o.dropout;
  }
  if (!o.first_dropout_by_channels || o.in_channels < o.width) p[0] = 0.0;
  return p;
}

}  // namespace kdseg::models
