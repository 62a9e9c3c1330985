#include "models/networks/patch_gan.h"

#include <ATen/ops/leaky_relu.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/errors.h"
#include "models/layers/normalization.h"

namespace kdseg::models {
namespace {

using Kind = Parameter::Kind;

constexpr double slope = 0.2;
constexpr size_t convolutions = 5, strided = 3;
constexpr int64_t smallest = 32;  ///< sides from which every layer has more than one patch

struct PatchGanModule : torch::nn::Module {
  explicit PatchGanModule(const PatchGanOptions& o) {
    const int64_t k = o.width;
    const std::array<int64_t, convolutions + 1> channels{o.channels, k, 2 * k, 4 * k, 8 * k, 1};
    for (size_t i = 0; i < convolutions; ++i) {
      const std::string number = std::to_string(i + 1);
      conv.push_back(register_module("c" + number, make_convolution({.in = channels[i],
                                                                     .out = channels[i + 1],
                                                                     .kernel = 4,
                                                                     .bias = !o.affine,
                                                                     .stride = i < strided ? 2 : 1,
                                                                     .padding = o.padding,
                                                                     .dimensions = o.dimensions})));
      if (i == 0 || i + 1 == convolutions) continue;
      norm.push_back(std::make_shared<InstanceNorm>(
          InstanceNormShape{.channels = channels[i + 1], .slope = slope, .affine = o.affine}));
      if (o.affine) register_module("n" + number, norm.back());
    }
  }
  std::vector<std::shared_ptr<Convolution>> conv;
  std::vector<std::shared_ptr<InstanceNorm>> norm;  ///< of the second, third and fourth
};

class PatchGan : public Discriminator {
 public:
  explicit PatchGan(const PatchGanOptions& options)
      : options_(options), module_(std::make_shared<PatchGanModule>(options)) {}

  std::shared_ptr<torch::nn::Module> module() override { return module_; }
  std::vector<std::string> needs() const override { return {}; }
  InitialWeights initial_weights() const override { return InitialWeights::normal_0_02; }

  at::Tensor forward(const at::Tensor&, const tensor::Output& output) override {
    check(output.logits);
    const Context context({}, options_.plain);
    const auto& conv = module_->conv;
    Maps x = at::leaky_relu(conv[0]->forward(output.logits, context).tensor(), slope);
    for (size_t i = 1; i + 1 < convolutions; ++i)
      x = module_->norm[i - 1]->forward(conv[i]->forward(x, context), context);
    return conv.back()->forward(x, context).tensor();
  }

 private:
  void check(const at::Tensor& judged) const {
    const int64_t axes = options_.dimensions;
    bool fits = judged.dim() == 2 + axes && judged.size(1) == options_.channels;
    for (int64_t axis = 2; fits && axis < 2 + axes; ++axis) fits = judged.size(axis) >= smallest;
    if (!fits)
      throw DataError("patch-gan: judges [{}], expected [N, {}, {}H, W] with sides of at least {}",
                      fmt::join(judged.sizes(), ", "), options_.channels, axes == 3 ? "D, " : "",
                      smallest);
  }

  PatchGanOptions options_;
  std::shared_ptr<PatchGanModule> module_;
};

}  // namespace

std::shared_ptr<Discriminator> make_patch_gan(const PatchGanOptions& options) {
  return std::make_shared<PatchGan>(options);
}

DiscriminatorRow patch_gan_row() {
  return {
      "patch-gan",
      "judges what a network makes, in patches of 70 pixels",
      "Chen et al. 2019, arXiv:1901.08211, and Zhu et al. 2017, arXiv:1703.10593, with their code",
      {{"width", Kind::integer, "64", "channels of the first convolution", 1, 1024, {}},
       {"preset",
        Kind::choice,
        "sifa",
        "sifa: affine norms, no biases, padding 2; cyclegan: the reverse, padding 1",
        -1e300,
        1e300,
        {"sifa", "cyclegan"}},
       {"dimensions",
        Kind::choice,
        "2",
        "of the networks it judges: slices or volumes",
        -1e300,
        1e300,
        {"2", "3"}},
       convolution_parameter()},
      [](const Parameters& p, int64_t, int64_t channels) {
        const bool sifa = p.text("preset") == "sifa";
        return make_patch_gan({.channels = channels,
                               .dimensions = p.text("dimensions") == "2" ? 2 : 3,
                               .width = p.integer("width"),
                               .affine = sifa,
                               .padding = sifa ? 2 : 1,
                               .plain = p.text("convolution") == "plain"});
      }};
}

}  // namespace kdseg::models
