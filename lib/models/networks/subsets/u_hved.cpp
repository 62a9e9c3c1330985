#include "models/networks/subsets/u_hved.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <numeric>

#include "models/catalog.h"
#include "models/networks/subsets/subset_network.h"
#include "tensor/noise.h"

namespace kdseg::models {
namespace {

using Kind = Parameter::Kind;

const std::string reconstruction = "reconstruction";

/// Half of an encoder's channels are means, half log variances: the decoders take half.
SubsetShape shape_of(const UHvedOptions& o) {
  const int64_t b = o.width;
  return {o.images, o.classes, b, o.dimensions, {b, 2 * b, 4 * b, 8 * b}, {b / 2, b, 2 * b, 4 * b}};
}

bool any_posterior(std::span<const std::string> wanted) {
  return std::any_of(wanted.begin(), wanted.end(),
                     [](const std::string& name) { return name.starts_with("posterior-"); });
}

class UHved : public SubsetNetwork {
 public:
  explicit UHved(const UHvedOptions& o)
      : SubsetNetwork("u-hved", shape_of(o), o.grid),
        sample_at_test_(o.sample_at_test),
        plain_(o.plain) {
    for (int64_t i = 0; i < o.images; ++i) images_.push_back(add_decoder(std::to_string(i), 1));
  }

  std::vector<std::string> extras() const override {
    return {"posterior-0", "posterior-1", "posterior-2", "posterior-3", "fused-0",
            "fused-1",     "fused-2",     "fused-3",     reconstruction};
  }

  tensor::Output forward(const tensor::Input& input, std::span<const std::string> wanted) override {
    const Availability given = check(input, wanted);
    const Context context(input, plain_);
    const auto maps = encode(input.image, given, any_posterior(wanted), context);
    std::array<Gaussian, 4> products;
    for (size_t level = 0; level < 4; ++level)
      products[level] = product_of_gaussians(maps[level], given);
    const Pyramid latents = latents_of(products, input);

    tensor::Output output;
    output.logits = segment(latents, context);
    for (const auto& name : wanted) {
      const auto level = static_cast<size_t>(name.back() - '0');
      if (name == reconstruction)
        output.extra.set(name, reconstruct(input.noise ? latents : means_of(products), context));
      else
        output.extra.set(name,
                         name.starts_with("fused-") ? latents[level] : at::stack(maps[level], 1));
    }
    return output;
  }

 private:
  static Pyramid means_of(const std::array<Gaussian, 4>& products) {
    Pyramid means;
    for (size_t level = 0; level < 4; ++level) means[level] = products[level].mean;
    return means;
  }

  /// What the logits are decoded from.
  Pyramid latents_of(const std::array<Gaussian, 4>& products, const tensor::Input& input) const {
    if (!input.noise && !sample_at_test_) return means_of(products);
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

  at::Tensor reconstruct(const Pyramid& latents, const Context& context) const {
    std::vector<at::Tensor> images;
    for (const auto& decoder : images_) images.push_back(decoder->forward(latents, grid_, context));
    return at::cat(images, 1);
  }

  bool sample_at_test_, plain_;
  std::vector<std::shared_ptr<PyramidDecoder>> images_;
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
