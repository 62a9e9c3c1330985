#include "models/networks/patch_discriminator.h"

#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/softmax.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/errors.h"
#include "models/layers/normalization.h"
#include "models/layers/resampling.h"

namespace kdseg::models {
namespace {

constexpr double slope = 0.2;

int64_t first_channels(const PatchDiscriminatorOptions& o) {
  return o.classes + (o.with_images ? o.image_channels : 0);
}

/// Channels that a later layer sees, `from_before` of them from the layer before: the encoder map
/// and the deeper map of its resolution together have as many.
int64_t seen(const PatchDiscriminatorOptions& o, int64_t from_before) {
  return o.maps ? 2 * from_before : from_before;
}

const char* name_of(const PatchDiscriminatorOptions& o) {
  return o.maps ? "hierarchical-discriminator" : "output-discriminator";
}

struct DiscriminatorModule : torch::nn::Module {
  explicit DiscriminatorModule(const PatchDiscriminatorOptions& o) {
    const int64_t k = o.width;
    const auto add = [&](const char* name, int64_t in, int64_t out, int64_t stride, bool bias) {
      disc.push_back(register_module(name, make_convolution({.in = in,
                                                             .out = out,
                                                             .kernel = 4,
                                                             .bias = bias,
                                                             .stride = stride,
                                                             .padding = 1,
                                                             .dimensions = o.dimensions})));
    };
    add("disc_1", first_channels(o), 4 * k, 2, true);
    add("disc_2", seen(o, 4 * k), 8 * k, 2, true);
    add("disc_3", seen(o, 8 * k), 16 * k, 2, true);
    add("disc_4", seen(o, 16 * k), 32 * k, 2, true);
    add("disc_5", 32 * k, 1, 1, false);
  }
  std::vector<std::shared_ptr<Convolution>> disc;
  const InstanceNorm norm{InstanceNormShape{.slope = slope, .affine = false}};
};

class PatchDiscriminator : public Discriminator {
 public:
  explicit PatchDiscriminator(const PatchDiscriminatorOptions& options)
      : options_(options), module_(std::make_shared<DiscriminatorModule>(options)) {}

  std::shared_ptr<torch::nn::Module> module() override { return module_; }
  std::vector<std::string> needs() const override {
    if (!options_.maps) return {};
    return {"d2", "u3", "d3", "u4", "d4", "c5"};
  }

  at::Tensor forward(const at::Tensor& images, const tensor::Output& output) override {
    check(images, output.logits);
    const Context context({}, options_.plain);
    Maps x = options_.softmax ? at::softmax(output.logits, 1) : output.logits;
    if (options_.with_images) x = x.beside(images);
    const auto& disc = module_->disc;
    x = at::leaky_relu(disc[0]->forward(x, context).tensor(), slope);
    static const std::array<std::array<const char*, 2>, 3> maps{
        {{"d2", "u3"}, {"d3", "u4"}, {"d4", "c5"}}};
    for (size_t level = 0; level < maps.size(); ++level) {
      if (options_.maps) {
        const Maps fine = output.extra.get(maps[level][0]);
        x = x.beside(fine).beside(upsample_like(output.extra.get(maps[level][1]), fine, context));
      }
      x = module_->norm.forward(disc[level + 1]->forward(x, context), context);
    }
    return disc[4]->forward(x, context).tensor();
  }

 private:
  void check(const at::Tensor& images, const at::Tensor& logits) const {
    const int64_t axes = options_.dimensions;
    bool fits = logits.dim() == 2 + axes && logits.size(1) == options_.classes;
    for (int64_t axis = 2; fits && axis < 2 + axes; ++axis)
      fits = logits.size(axis) % 16 == 0 && logits.size(axis) >= 32;
    if (!fits)
      throw DataError(
          "{}: logits are [{}], expected [N, {}, {}H, W] with {}H and W multiples of 16, at least "
          "32",
          name_of(options_), fmt::join(logits.sizes(), ", "), options_.classes,
          axes == 3 ? "D, " : "", axes == 3 ? "D, " : "");
    if (!options_.with_images) return;
    fits = images.dim() == 2 + axes && images.size(0) == logits.size(0) &&
           images.size(1) == options_.image_channels &&
           images.sizes().slice(2) == logits.sizes().slice(2);
    if (!fits)
      throw DataError("{}: images are [{}], expected {} channels on the grid of the logits [{}]",
                      name_of(options_), fmt::join(images.sizes(), ", "), options_.image_channels,
                      fmt::join(logits.sizes(), ", "));
  }

  PatchDiscriminatorOptions options_;
  std::shared_ptr<DiscriminatorModule> module_;
};

}  // namespace

std::shared_ptr<Discriminator> make_patch_discriminator(const PatchDiscriminatorOptions& options) {
  return std::make_shared<PatchDiscriminator>(options);
}

}  // namespace kdseg::models
