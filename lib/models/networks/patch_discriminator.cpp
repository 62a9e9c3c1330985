#include "models/networks/patch_discriminator.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/softmax.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/errors.h"
#include "models/functions/convolution.h"
#include "models/functions/normalization.h"
#include "models/functions/resampling.h"

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
    const auto add = [&](const char* name, int64_t in, int64_t out, bool bias) {
      disc.push_back(register_module(name, make_convolution(in, out, 4, bias)));
    };
    add("disc_1", first_channels(o), 4 * k, true);
    add("disc_2", seen(o, 4 * k), 8 * k, true);
    add("disc_3", seen(o, 8 * k), 16 * k, true);
    add("disc_4", seen(o, 16 * k), 32 * k, true);
    add("disc_5", 32 * k, 1, false);
  }
  std::vector<std::shared_ptr<Layer>> disc;
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
  int64_t macs(std::array<int64_t, 3> size) const override {
    return total_macs(patch_discriminator_layers(options_, size));
  }

  at::Tensor forward(const at::Tensor& images, const tensor::Output& output) override {
    check(images, output.logits);
    const Route route = options_.plain ? Route::plain : Route::automatic;
    at::Tensor x = options_.softmax ? at::softmax(output.logits, 1) : output.logits;
    if (options_.with_images) x = at::cat({x, images}, 1);
    const auto& disc = module_->disc;
    x = at::leaky_relu(convolve(x, disc[0]->weight, disc[0]->bias, 2, 1, route), slope);
    static const std::array<std::array<const char*, 2>, 3> maps{
        {{"d2", "u3"}, {"d3", "u4"}, {"d4", "c5"}}};
    for (size_t level = 0; level < maps.size(); ++level) {
      if (options_.maps) {
        const at::Tensor& fine = output.extra.get(maps[level][0]);
        const at::Tensor deep = upsample_like(output.extra.get(maps[level][1]), fine, route);
        x = at::cat({x, fine, deep}, 1);
      }
      const Layer& layer = *disc[level + 1];
      x = convolve(x, layer.weight, layer.bias, 2, 1, route);
      x = instance_norm_leaky(x, {}, {}, slope, route);
    }
    return convolve(x, disc[4]->weight, disc[4]->bias, 1, 1, route);
  }

 private:
  void check(const at::Tensor& images, const at::Tensor& logits) const {
    bool fits = logits.dim() == 5 && logits.size(1) == options_.classes;
    for (int64_t axis = 2; fits && axis < 5; ++axis)
      fits = logits.size(axis) % 16 == 0 && logits.size(axis) >= 32;
    if (!fits)
      throw DataError(
          "{}: logits are [{}], expected [N, {}, D, H, W] with D, H and W multiples of 16, at "
          "least "
          "32",
          name_of(options_), fmt::join(logits.sizes(), ", "), options_.classes);
    if (!options_.with_images) return;
    fits = images.dim() == 5 && images.size(0) == logits.size(0) &&
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

std::vector<LayerShape> patch_discriminator_layers(const PatchDiscriminatorOptions& o,
                                                   std::array<int64_t, 3> size) {
  const int64_t k = o.width;
  const std::array<std::array<int64_t, 2>, 4> channels{{{first_channels(o), 4 * k},
                                                        {seen(o, 4 * k), 8 * k},
                                                        {seen(o, 8 * k), 16 * k},
                                                        {seen(o, 16 * k), 32 * k}}};
  std::vector<LayerShape> layers;
  for (size_t i = 0; i < channels.size(); ++i) {
    for (auto& side : size) side /= 2;
    layers.push_back({fmt::format("disc_{}", i + 1), channels[i][0], channels[i][1], 4, size});
  }
  for (auto& side : size) side -= 1;
  layers.push_back({"disc_5", 32 * k, 1, 4, size});
  return layers;
}

}  // namespace kdseg::models
