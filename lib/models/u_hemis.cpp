#include "models/u_hemis.h"

#include <torch/nn/module.h>

#include "base/errors.h"
#include "models/catalog.h"
#include "models/fusion.h"
#include "models/input_check.h"
#include "models/preactivation.h"

namespace kdseg::models {
namespace {

using Kind = Parameter::Kind;

std::array<int64_t, 4> encoded(int64_t b) { return {b / 2, b, 2 * b, 4 * b}; }
std::array<int64_t, 4> fused(int64_t b) { return {b, 2 * b, 4 * b, 8 * b}; }

struct UHemisModule : torch::nn::Module {
  explicit UHemisModule(const UHemisOptions& o) {
    const auto enc = register_module("enc", std::make_shared<torch::nn::Module>());
    for (int64_t i = 0; i < o.images; ++i)
      encoders.push_back(enc->register_module(
          std::to_string(i), std::make_shared<ImageEncoder>(o.width, encoded(o.width))));
    const auto dec = register_module("dec", std::make_shared<torch::nn::Module>());
    decoder = dec->register_module(
        "seg", std::make_shared<PyramidDecoder>(o.width, fused(o.width), o.classes));
  }
  std::vector<std::shared_ptr<ImageEncoder>> encoders;
  std::shared_ptr<PyramidDecoder> decoder;
};

class UHemis : public Network {
 public:
  explicit UHemis(const UHemisOptions& options) : options_(options) {
    if (options.width < 2 || options.width % 2 != 0)
      throw UsageError("u-hemis: width is {}, expected an even number", options.width);
    module_ = std::make_shared<UHemisModule>(options);
  }

  torch::nn::Module& module() override { return *module_; }
  std::shared_ptr<torch::nn::Module> shared_module() override { return module_; }
  std::vector<std::string> extras() const override {
    return {"fused-0", "fused-1", "fused-2", "fused-3"};
  }
  int64_t size_multiple() const override { return 8; }
  // A single voxel has no spread: instance norm would erase the deepest level at 8 voxels.
  int64_t minimum_size() const override { return 16; }
  bool takes_subsets() const override { return true; }
  InitialWeights initial_weights() const override { return InitialWeights::truncated_normal; }
  int64_t macs(std::array<int64_t, 3> size) const override {
    return options_.images *
               total_macs(encoder_layers("", options_.width, encoded(options_.width), size)) +
           total_macs(
               decoder_layers("", options_.width, fused(options_.width), options_.classes, size));
  }

  tensor::Output forward(const tensor::Input& input, std::span<const std::string> wanted) override {
    check_input(*this, "u-hemis", input.image, options_.images, wanted);
    const Availability given(input.present, input.image.size(0), options_.images, "u-hemis");
    const Ways ways{options_.plain ? Route::plain : Route::automatic, options_.grid};
    std::array<ImageMaps, 4> maps;
    for (int64_t i = 0; i < options_.images; ++i) {
      Pyramid levels;
      if (!given.none(i))
        levels = module_->encoders[static_cast<size_t>(i)]->forward(
            given.only_given(input.image.narrow(1, i, 1), i), ways.route);
      for (size_t level = 0; level < 4; ++level) maps[level].push_back(levels[level]);
    }
    Pyramid fused_maps;
    for (size_t level = 0; level < 4; ++level)
      fused_maps[level] = mean_and_variance(maps[level], given, options_.unbiased);

    tensor::Output output;
    output.logits = module_->decoder->forward(fused_maps, ways);
    for (const auto& name : wanted)
      output.extra.set(name, fused_maps[static_cast<size_t>(name.back() - '0')]);
    return output;
  }

 private:
  UHemisOptions options_;
  std::shared_ptr<UHemisModule> module_;
};

}  // namespace

std::shared_ptr<Network> make_u_hemis(const UHemisOptions& options) {
  return std::make_shared<UHemis>(options);
}

NetworkRow u_hemis_row() {
  return {"u-hemis", "U-Net that takes any subset of its images: mean and variance of their maps",
          "Havaei et al. 2016, arXiv:1607.05194; Dorent et al. 2019, arXiv:1907.11150, and the "
          "authors' code",
          pyramid_parameters(
              {"variance",
               Kind::choice,
               "population",
               "over the given images: population divides by their number, unbiased by one less",
               -1e300,
               1e300,
               {"population", "unbiased"}}),
          [](const Parameters& p, int64_t in, int64_t out) {
            return make_u_hemis({.images = in,
                                 .classes = out,
                                 .width = p.integer("width"),
                                 .grid = upsampling_of(p),
                                 .unbiased = p.text("variance") == "unbiased",
                                 .plain = p.text("convolution") == "plain"});
          }};
}

}  // namespace kdseg::models
