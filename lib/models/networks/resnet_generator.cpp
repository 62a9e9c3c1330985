#include "models/networks/resnet_generator.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/tanh.h>
#include <fmt/format.h>

#include "base/errors.h"
#include "models/catalog.h"
#include "models/layers/normalization.h"
#include "models/networks/input_check.h"

namespace kdseg::models {
namespace {

using Kind = Parameter::Kind;
using Options = ResNetGeneratorOptions;

/// Convolution, instance norm, ReLU or nothing.
struct Step : torch::nn::Module {
  Step(ConvolutionShape shape, double slope, const Options& o) {
    shape.dimensions = o.dimensions;
    conv = register_module("conv", make_convolution(shape));
    norm = std::make_shared<InstanceNorm>(
        InstanceNormShape{.channels = shape.out, .slope = slope, .affine = o.affine});
    if (o.affine) register_module("norm", norm);
  }
  Maps forward(const Maps& x, const Context& context) const {
    return norm->forward({{*conv, x}}, context);
  }
  std::shared_ptr<Convolution> conv;
  std::shared_ptr<InstanceNorm> norm;
};

constexpr double relu = 0, none = 1;  ///< slopes

Border border_of(const Options& o) { return o.reflection ? Border::reflection : Border::zeros; }

struct ResidualBlock : torch::nn::Module {
  ResidualBlock(int64_t channels, const Options& o) : rectify(o.rectify_sum) {
    const ConvolutionShape shape{.in = channels, .out = channels, .border = border_of(o)};
    first = register_module("first", std::make_shared<Step>(shape, relu, o));
    second = register_module("second", std::make_shared<Step>(shape, none, o));
  }
  Maps forward(const Maps& x, const Context& context) const {
    const at::Tensor sum =
        second->forward(first->forward(x, context), context).tensor() + x.tensor();
    return rectify ? at::leaky_relu(sum, relu) : sum;
  }
  bool rectify;
  std::shared_ptr<Step> first, second;
};

struct GeneratorModule : torch::nn::Module {
  explicit GeneratorModule(const Options& o) {
    const int64_t k = o.width;
    const auto add = [&](const char* name, const ConvolutionShape& shape) {
      steps.push_back(register_module(name, std::make_shared<Step>(shape, relu, o)));
    };
    add("c1", {.in = o.in_channels, .out = k, .kernel = 7, .border = border_of(o)});
    add("c2", {.in = k, .out = 2 * k, .stride = 2});
    add("c3", {.in = 2 * k, .out = 4 * k, .stride = 2});
    for (int64_t i = 1; i <= o.blocks; ++i)
      blocks.push_back(
          register_module(fmt::format("r{}", i), std::make_shared<ResidualBlock>(4 * k, o)));
    add("c4", {.in = 4 * k, .out = 2 * k, .stride = 2, .transposed = true, .output_padding = 1});
    add("c5", {.in = 2 * k, .out = k, .stride = 2, .transposed = true, .output_padding = 1});
    last = register_module("c6", make_convolution({.in = k,
                                                   .out = o.out_channels,
                                                   .kernel = 7,
                                                   .border = border_of(o),
                                                   .dimensions = o.dimensions}));
  }
  std::vector<std::shared_ptr<Step>> steps;
  std::vector<std::shared_ptr<ResidualBlock>> blocks;
  std::shared_ptr<Convolution> last;
};

class ResNetGenerator : public Network {
 public:
  explicit ResNetGenerator(const Options& options) : options_(options) {
    if (options.add_input && options.in_channels != options.out_channels)
      throw UsageError(
          "resnet-generator: makes {} channels of {}, to which its input cannot be added; expected "
          "as many, or input-skip = off",
          options.out_channels, options.in_channels);
    module_ = std::make_shared<GeneratorModule>(options);
  }

  torch::nn::Module& module() override { return *module_; }
  std::shared_ptr<torch::nn::Module> shared_module() override { return module_; }
  int64_t dimensions() const override { return options_.dimensions; }
  int64_t size_multiple() const override { return 4; }
  // One voxel at a quarter of the resolution has no spread and no reflection.
  int64_t minimum_size() const override { return 8; }
  InitialWeights initial_weights() const override { return InitialWeights::normal_0_02; }

  tensor::Output forward(const tensor::Input& input, std::span<const std::string> wanted) override {
    check_input(*this, "resnet-generator", input.image, options_.in_channels, wanted);
    const Context context(input, options_.plain);
    const auto& steps = module_->steps;
    Maps x = input.image;
    for (size_t i = 0; i < 3; ++i) x = steps[i]->forward(x, context);
    for (const auto& block : module_->blocks) x = block->forward(x, context);
    for (size_t i = 3; i < 5; ++i) x = steps[i]->forward(x, context);
    const at::Tensor made = module_->last->forward(x, context).tensor();
    return {at::tanh(options_.add_input ? made + input.image : made), {}};
  }

 private:
  Options options_;
  std::shared_ptr<GeneratorModule> module_;
};

}  // namespace

std::shared_ptr<Network> make_resnet_generator(const ResNetGeneratorOptions& options) {
  return std::make_shared<ResNetGenerator>(options);
}

NetworkRow resnet_generator_row() {
  return {
      "resnet-generator",
      "makes slices of other channels: strided convolutions, nine residual blocks, transposed "
      "ones; tanh",
      "Chen et al. 2019, arXiv:1901.08211, and Zhu et al. 2017, arXiv:1703.10593, with their code",
      {{"width",
        Kind::integer,
        "32",
        "channels of the first convolution (CycleGAN: 64)",
        1,
        1024,
        {}},
       {"preset",
        Kind::choice,
        "sifa",
        "sifa: affine norms, zeros at borders, ReLU after each residual sum; cyclegan: none of "
        "them, reflection at borders",
        -1e300,
        1e300,
        {"sifa", "cyclegan"}},
       {"input-skip",
        Kind::choice,
        "preset",
        "adds the input before tanh: on, off, or as the preset (sifa on, cyclegan off)",
        -1e300,
        1e300,
        {"preset", "on", "off"}},
       convolution_parameter()},
      [](const Parameters& p, int64_t in, int64_t out) {
        const bool sifa = p.text("preset") == "sifa";
        const std::string& skip = p.text("input-skip");
        return make_resnet_generator({.in_channels = in,
                                      .out_channels = out,
                                      .width = p.integer("width"),
                                      .reflection = !sifa,
                                      .affine = sifa,
                                      .rectify_sum = sifa,
                                      .add_input = skip == "preset" ? sifa : skip == "on",
                                      .plain = p.text("convolution") == "plain"});
      }};
}

}  // namespace kdseg::models
