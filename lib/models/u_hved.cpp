#include "models/u_hved.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/stack.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <numeric>

#include "base/errors.h"
#include "models/catalog.h"
#include "models/fusion.h"
#include "models/input_check.h"
#include "models/preactivation.h"
#include "tensor/noise.h"

namespace kdseg::models {
namespace {

using Kind = Parameter::Kind;

const std::string reconstruction = "reconstruction";

std::array<int64_t, 4> encoded(int64_t b) { return {b, 2 * b, 4 * b, 8 * b}; }
std::array<int64_t, 4> latent(int64_t b) { return {b / 2, b, 2 * b, 4 * b}; }

struct UHvedModule : torch::nn::Module {
  explicit UHvedModule(const UHvedOptions& o) {
    const auto enc = register_module("enc", std::make_shared<torch::nn::Module>());
    for (int64_t i = 0; i < o.images; ++i)
      encoders.push_back(enc->register_module(
          std::to_string(i), std::make_shared<ImageEncoder>(o.width, encoded(o.width))));
    const auto dec = register_module("dec", std::make_shared<torch::nn::Module>());
    segmentation = dec->register_module(
        "seg", std::make_shared<PyramidDecoder>(o.width, latent(o.width), o.classes));
    for (int64_t i = 0; i < o.images; ++i)
      images.push_back(dec->register_module(
          std::to_string(i), std::make_shared<PyramidDecoder>(o.width, latent(o.width), 1)));
  }
  std::vector<std::shared_ptr<ImageEncoder>> encoders;
  std::shared_ptr<PyramidDecoder> segmentation;
  std::vector<std::shared_ptr<PyramidDecoder>> images;
};

bool has(std::span<const std::string> wanted, const std::string& name) {
  return std::find(wanted.begin(), wanted.end(), name) != wanted.end();
}

bool any_posterior(std::span<const std::string> wanted) {
  return std::any_of(wanted.begin(), wanted.end(),
                     [](const std::string& name) { return name.starts_with("posterior-"); });
}

class UHved : public Network {
 public:
  explicit UHved(const UHvedOptions& options) : options_(options) {
    if (options.width < 2 || options.width % 2 != 0)
      throw UsageError("u-hved: width is {}, expected an even number", options.width);
    module_ = std::make_shared<UHvedModule>(options);
  }

  torch::nn::Module& module() override { return *module_; }
  std::shared_ptr<torch::nn::Module> shared_module() override { return module_; }
  std::vector<std::string> extras() const override {
    return {"posterior-0", "posterior-1", "posterior-2", "posterior-3", "fused-0",
            "fused-1",     "fused-2",     "fused-3",     reconstruction};
  }
  int64_t size_multiple() const override { return 8; }
  // A single voxel has no spread: instance norm would erase the deepest level at 8 voxels.
  int64_t minimum_size() const override { return 16; }
  bool takes_subsets() const override { return true; }
  InitialWeights initial_weights() const override { return InitialWeights::truncated_normal; }
  int64_t macs(std::array<int64_t, 3> size) const override {
    return options_.images *
               total_macs(encoder_layers("", options_.width, encoded(options_.width), size)) +
           decoder_macs(options_.classes, size);
  }
  int64_t extra_macs(std::span<const std::string> wanted,
                     std::array<int64_t, 3> size) const override {
    return has(wanted, reconstruction) ? options_.images * decoder_macs(1, size) : 0;
  }

  tensor::Output forward(const tensor::Input& input, std::span<const std::string> wanted) override {
    check_input(*this, "u-hved", input.image, options_.images, wanted);
    if (input.noise) input.noise->rewind();
    const Availability given(input.present, input.image.size(0), options_.images, "u-hved");
    const Ways ways{options_.plain ? Route::plain : Route::automatic, options_.grid};
    const auto maps = encode(input.image, given, any_posterior(wanted), ways.route);
    std::array<Gaussian, 4> products;
    for (size_t level = 0; level < 4; ++level)
      products[level] = product_of_gaussians(maps[level], given);
    const Pyramid latents = latents_of(products, input);

    tensor::Output output;
    output.logits = module_->segmentation->forward(latents, ways);
    for (const auto& name : wanted) {
      const auto level = static_cast<size_t>(name.back() - '0');
      if (name == reconstruction)
        output.extra.set(name, reconstruct(input.noise ? latents : means_of(products), ways));
      else
        output.extra.set(name,
                         name.starts_with("fused-") ? latents[level] : at::stack(maps[level], 1));
    }
    return output;
  }

 private:
  int64_t decoder_macs(int64_t out, std::array<int64_t, 3> size) const {
    return total_macs(decoder_layers("", options_.width, latent(options_.width), out, size));
  }

  /// Maps per level and image; undefined for images that no sample has, unless `all` are wanted.
  std::array<ImageMaps, 4> encode(const at::Tensor& image, const Availability& given, bool all,
                                  Route route) const {
    std::array<ImageMaps, 4> maps;
    for (int64_t i = 0; i < options_.images; ++i) {
      const at::Tensor one = image.narrow(1, i, 1);
      Pyramid levels;
      if (all || !given.none(i))
        levels = module_->encoders[static_cast<size_t>(i)]->forward(
            all ? one : given.only_given(one, i), route);
      for (size_t level = 0; level < 4; ++level) maps[level].push_back(levels[level]);
    }
    return maps;
  }

  static Pyramid means_of(const std::array<Gaussian, 4>& products) {
    Pyramid means;
    for (size_t level = 0; level < 4; ++level) means[level] = products[level].mean;
    return means;
  }

  /// What the logits are decoded from.
  Pyramid latents_of(const std::array<Gaussian, 4>& products, const tensor::Input& input) const {
    if (!input.noise && !options_.sample_at_test) return means_of(products);
    std::vector<uint64_t> keys(static_cast<size_t>(input.image.size(0)));
    std::iota(keys.begin(), keys.end(), uint64_t{0});
    tensor::Noise fixed(0, std::move(keys));
    tensor::Noise& noise = input.noise ? *input.noise : fixed;
    Pyramid samples;
    for (size_t level = 0; level < 4; ++level) {
      const auto& [mean, log_variance] = products[level];
      const at::Tensor normal = noise.normal(mean.sizes().slice(1), mean.options());
      samples[level] = mean + at::exp(log_variance * 0.5) * normal;
    }
    return samples;
  }

  at::Tensor reconstruct(const Pyramid& latents, const Ways& ways) const {
    std::vector<at::Tensor> images;
    for (const auto& decoder : module_->images) images.push_back(decoder->forward(latents, ways));
    return at::cat(images, 1);
  }

  UHvedOptions options_;
  std::shared_ptr<UHvedModule> module_;
};

}  // namespace

std::shared_ptr<Network> make_u_hved(const UHvedOptions& options) {
  return std::make_shared<UHved>(options);
}

NetworkRow u_hved_row() {
  return {"u-hved",
          "variational encoder-decoder that takes any subset of its images: product of Gaussians",
          "Dorent et al. 2019, arXiv:1907.11150, and the authors' code",
          pyramid_parameters({"test-latent",
                              Kind::choice,
                              "mean",
                              "what is segmented from outside training; the authors' code samples",
                              -1e300,
                              1e300,
                              {"mean", "sample"}}),
          [](const Parameters& p, int64_t in, int64_t out) {
            return make_u_hved({.images = in,
                                .classes = out,
                                .width = p.integer("width"),
                                .grid = upsampling_of(p),
                                .sample_at_test = p.text("test-latent") == "sample",
                                .plain = p.text("convolution") == "plain"});
          }};
}

}  // namespace kdseg::models
