#include "models/networks/kd_net_unet.h"

#include <algorithm>
#include <array>

#include "models/catalog.h"
#include "models/layers/normalization.h"
#include "models/layers/resampling.h"
#include "models/networks/features_and_head.h"
#include "models/networks/input_check.h"

namespace kdseg::models {
namespace {

using Kind = Parameter::Kind;

constexpr double slope = 0.01;
constexpr size_t deepest = 4;  ///< poolings, and so resolutions above the last
constexpr int64_t coarsest = int64_t{1} << deepest;

/// Channels of the two convolutions of a block.
struct BlockShape {
  std::string name;
  int64_t in = 0, middle = 0, out = 0;
};

/// In the order they run: enc1 .. enc4, bott, dec4 .. dec1.
std::vector<BlockShape> blocks_of(const KdNetUNetOptions& o) {
  const auto width = [&](size_t level) {
    const int64_t wide = o.width << level;
    return o.cap > 0 ? std::min(wide, o.cap) : wide;
  };
  std::vector<BlockShape> blocks;
  for (size_t level = 0; level < deepest; ++level)
    blocks.push_back({"enc" + std::to_string(level + 1),
                      level == 0 ? o.in_channels : width(level - 1), width(level), width(level)});
  int64_t up = width(o.reduce_before_up ? deepest - 1 : deepest);
  blocks.push_back({"bott", width(deepest - 1), width(deepest), up});
  for (size_t level = deepest; level-- > 0;) {
    const int64_t skip = o.skips ? width(level) : 0;
    const int64_t out = width(o.reduce_before_up && level > 0 ? level - 1 : level);
    blocks.push_back({"dec" + std::to_string(level + 1), up + skip, width(level), out});
    up = out;
  }
  return blocks;
}

/// Twice: convolution, instance norm, LeakyReLU.
struct Block : torch::nn::Module {
  Block(const BlockShape& shape, const KdNetUNetOptions& o) {
    const auto unit = [&](const char* name, int64_t in, int64_t out) {
      return register_module(name, std::make_shared<Unit>(UnitShape{.in = in,
                                                                    .out = out,
                                                                    .slope = slope,
                                                                    .affine = o.affine,
                                                                    .bias = o.bias,
                                                                    .dimensions = o.dimensions}));
    };
    conv1 = unit("conv1", shape.in, shape.middle);
    conv2 = unit("conv2", shape.middle, shape.out);
  }
  Maps forward(const Maps& x, const Context& context) const {
    return conv2->forward(conv1->forward(x, context), context);
  }
  std::shared_ptr<Unit> conv1, conv2;
};

struct KdNetModule : torch::nn::Module {
  explicit KdNetModule(const KdNetUNetOptions& o) {
    for (const auto& shape : blocks_of(o))
      blocks.push_back(register_module(shape.name, std::make_shared<Block>(shape, o)));
    out = register_module("out", make_convolution({.in = blocks_of(o).back().out,
                                                   .out = o.classes,
                                                   .kernel = 1,
                                                   .dimensions = o.dimensions}));
  }
  std::vector<std::shared_ptr<Block>> blocks;
  std::shared_ptr<Convolution> out;
};

class KdNetUNet : public FeaturesAndHead {
 public:
  explicit KdNetUNet(const KdNetUNetOptions& options)
      : options_(options), module_(std::make_shared<KdNetModule>(options)) {}

  torch::nn::Module& module() override { return *module_; }
  std::shared_ptr<torch::nn::Module> shared_module() override { return module_; }
  std::vector<std::string> extras() const override { return {"c5"}; }
  int64_t dimensions() const override { return options_.dimensions; }
  int64_t size_multiple() const override { return coarsest; }
  // A single voxel has no spread: instance norm would erase the deepest level at 16 voxels.
  int64_t minimum_size() const override { return 2 * coarsest; }

 protected:
  Context begin(const tensor::Input& input, std::span<const std::string> wanted) const override {
    check_input(*this, options_.bias ? "kd-net-unet" : "no-new-net", input.image,
                options_.in_channels, wanted);
    return {input, options_.plain};
  }

  Maps features(const tensor::Input& input, const Context& context,
                std::span<const std::string> wanted, tensor::Bag& extra) const override {
    const auto& blocks = module_->blocks;
    std::array<Maps, deepest> encoded;
    Maps x = input.image;
    for (size_t level = 0; level < deepest; ++level) {
      encoded[level] = blocks[level]->forward(x, context);
      x = max_pool_2(encoded[level], context);
    }
    const Maps bottleneck = blocks[deepest]->forward(x, context);
    x = bottleneck;
    for (size_t level = deepest; level-- > 0;) {
      x = upsample_linear_2(x, LinearGrid::half_pixel, context);
      if (options_.skips)
        x = options_.skip_first ? encoded[level].beside(x) : x.beside(encoded[level]);
      x = blocks[2 * deepest - level]->forward(x, context);
    }
    for (const auto& name : wanted) extra.set(name, bottleneck.tensor());
    return x;
  }

  const Convolution& head(const Context&) const override { return *module_->out; }

 private:
  KdNetUNetOptions options_;
  std::shared_ptr<KdNetModule> module_;
};

Parameter width_parameter() {
  return {"width", Kind::integer, "30", "base width f: channels of the first level", 1, 1024, {}};
}

}  // namespace

std::shared_ptr<Network> make_kd_net_unet(const KdNetUNetOptions& options) {
  return std::make_shared<KdNetUNet>(options);
}

NetworkRow kd_net_unet_row() {
  return {"kd-net-unet",
          "3D U-Net of five levels with max pooling and trilinear upsampling",
          "Hu et al. 2020, arXiv:2106.09564; open details as in nnU-Net's first public version",
          {width_parameter(),
           {"cap",
            Kind::integer,
            "0",
            "most channels of a level (nnU-Net: 320); 0: no limit",
            0,
            65536,
            {}},
           {"skips",
            Kind::choice,
            "4",
            "skip connections, by concatenation: one per resolution above the deepest, or none",
            -1e300,
            1e300,
            {"4", "0"}},
           {"reduce",
            Kind::choice,
            "before-up",
            "halve channels before each upsampling (nnU-Net), or none: by the convolution after it",
            -1e300,
            1e300,
            {"before-up", "none"}},
           {"affine", Kind::toggle, "on", "scale and shift after each norm", -1e300, 1e300, {}},
           convolution_parameter()},
          [](const Parameters& p, int64_t in, int64_t out) {
            return make_kd_net_unet({.in_channels = in,
                                     .classes = out,
                                     .width = p.integer("width"),
                                     .cap = p.integer("cap"),
                                     .skips = p.text("skips") == "4",
                                     .reduce_before_up = p.text("reduce") == "before-up",
                                     .affine = p.toggle("affine"),
                                     .plain = p.text("convolution") == "plain"});
          }};
}

NetworkRow no_new_net_row() {
  return {
      "no-new-net",
      "3D U-Net of five levels with max pooling and trilinear upsampling, no biases before norms",
      "Isensee et al. 2018, arXiv:1809.10483",
      {width_parameter(), convolution_parameter()},
      [](const Parameters& p, int64_t in, int64_t out) {
        return make_kd_net_unet({.in_channels = in,
                                 .classes = out,
                                 .width = p.integer("width"),
                                 .bias = false,
                                 .skip_first = true,
                                 .plain = p.text("convolution") == "plain"});
      }};
}

}  // namespace kdseg::models
