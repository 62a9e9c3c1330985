#include "models/networks/kd_net_unet.h"

#include <algorithm>
#include <array>

#include "models/catalog.h"
#include "models/functions/convolution.h"
#include "models/functions/normalization.h"
#include "models/functions/resampling.h"
#include "models/functions/trilinear.h"
#include "models/layers/layers.h"
#include "models/networks/input_check.h"

namespace kdseg::models {
namespace {

using Kind = Parameter::Kind;

constexpr double slope = 0.01;
constexpr size_t deepest = 4;  ///< poolings, and so resolutions above the last
constexpr int64_t coarsest = int64_t{1} << deepest;

/// Channels of the two convolutions of a block; `skip` of the `in` come from the encoder.
struct BlockShape {
  std::string name;
  size_t level = 0;
  int64_t in = 0, skip = 0, middle = 0, out = 0;
};

/// In the order they run: enc1 .. enc4, bott, dec4 .. dec1.
std::vector<BlockShape> blocks_of(const KdNetUNetOptions& o) {
  const auto width = [&](size_t level) {
    const int64_t wide = o.width << level;
    return o.cap > 0 ? std::min(wide, o.cap) : wide;
  };
  std::vector<BlockShape> blocks;
  for (size_t level = 0; level < deepest; ++level)
    blocks.push_back({"enc" + std::to_string(level + 1), level,
                      level == 0 ? o.in_channels : width(level - 1), 0, width(level),
                      width(level)});
  int64_t up = width(o.reduce_before_up ? deepest - 1 : deepest);
  blocks.push_back({"bott", deepest, width(deepest - 1), 0, width(deepest), up});
  for (size_t level = deepest; level-- > 0;) {
    const int64_t skip = o.skips ? width(level) : 0;
    const int64_t out = width(o.reduce_before_up && level > 0 ? level - 1 : level);
    blocks.push_back(
        {"dec" + std::to_string(level + 1), level, up + skip, skip, width(level), out});
    up = out;
  }
  return blocks;
}

/// Convolution, instance norm, LeakyReLU.
struct Unit : torch::nn::Module {
  Unit(int64_t in, int64_t out, bool affine) {
    conv = register_module("conv", make_convolution(in, out, 3, true));
    if (affine) norm = register_module("norm", make_norm(out));
  }
  at::Tensor forward(const Part& part, Route route) const {
    at::Tensor spread;
    at::Tensor y = convolve_3(part, conv->bias, route, &spread);
    return instance_norm_leaky(std::move(y), spread, scale(), shift(), slope, route);
  }
  /// The same of the concatenation of two maps along their channels, which is not made, for the
  /// unit that comes next, which may norm and rectify as it reads. `second` may be undefined.
  Part before(const Unit& next, const at::Tensor& first, const at::Tensor& second,
              Route route) const {
    Part a{first, conv->weight, {}}, b;
    if (second.defined()) {
      a.weight = conv->weight.narrow(1, 0, first.size(1));
      b = {second, conv->weight.narrow(1, first.size(1), second.size(1)), {}};
    }
    at::Tensor spread;
    at::Tensor y = convolve_3(a, b, conv->bias, route, &spread);
    return instance_norm_leaky_waiting(std::move(y), spread, scale(), shift(), slope,
                                       next.conv->weight, route);
  }
  at::Tensor scale() const { return norm ? norm->weight : at::Tensor(); }
  at::Tensor shift() const { return norm ? norm->bias : at::Tensor(); }
  std::shared_ptr<Layer> conv, norm;
};

struct Block : torch::nn::Module {
  Block(const BlockShape& shape, bool affine) {
    conv1 = register_module("conv1", std::make_shared<Unit>(shape.in, shape.middle, affine));
    conv2 = register_module("conv2", std::make_shared<Unit>(shape.middle, shape.out, affine));
  }
  /// `skip` may be undefined.
  at::Tensor forward(const at::Tensor& up, const at::Tensor& skip, Route route) const {
    return conv2->forward(conv1->before(*conv2, up, skip, route), route);
  }
  std::shared_ptr<Unit> conv1, conv2;
};

struct KdNetModule : torch::nn::Module {
  explicit KdNetModule(const KdNetUNetOptions& o) {
    for (const auto& shape : blocks_of(o))
      blocks.push_back(register_module(shape.name, std::make_shared<Block>(shape, o.affine)));
    out = register_module("out", make_convolution(blocks_of(o).back().out, o.classes, 1, true));
  }
  std::vector<std::shared_ptr<Block>> blocks;
  std::shared_ptr<Layer> out;
};

class KdNetUNet : public Network {
 public:
  explicit KdNetUNet(const KdNetUNetOptions& options)
      : options_(options), module_(std::make_shared<KdNetModule>(options)) {}

  torch::nn::Module& module() override { return *module_; }
  std::shared_ptr<torch::nn::Module> shared_module() override { return module_; }
  std::vector<std::string> extras() const override { return {"c5"}; }
  int64_t size_multiple() const override { return coarsest; }
  // A single voxel has no spread: instance norm would erase the deepest level at 16 voxels.
  int64_t minimum_size() const override { return 2 * coarsest; }

  int64_t macs(std::array<int64_t, 3> size) const override {
    std::vector<LayerShape> layers;
    for (const auto& b : blocks_of(options_)) {
      std::array<int64_t, 3> shrunk = size;
      for (auto& side : shrunk) side >>= b.level;
      layers.push_back({b.name + ".conv1", b.in, b.middle, 3, shrunk});
      layers.push_back({b.name + ".conv2", b.middle, b.out, 3, shrunk});
    }
    layers.push_back({"out", blocks_of(options_).back().out, options_.classes, 1, size});
    return total_macs(layers);
  }

  tensor::Output forward(const tensor::Input& input, std::span<const std::string> wanted) override {
    check_input(*this, "kd-net-unet", input.image, options_.in_channels, wanted);
    const Route route = options_.plain ? Route::plain : Route::automatic;
    const auto& blocks = module_->blocks;
    std::array<at::Tensor, deepest> encoded;
    at::Tensor x = input.image;
    for (size_t level = 0; level < deepest; ++level) {
      encoded[level] = blocks[level]->forward(x, {}, route);
      x = max_pool_2(encoded[level], route);
    }
    const at::Tensor bottleneck = blocks[deepest]->forward(x, {}, route);
    x = bottleneck;
    for (size_t level = deepest; level-- > 0;) {
      const Block& block = *blocks[2 * deepest - level];
      const at::Tensor up = upsample_trilinear_2(x, TrilinearGrid::half_pixel, route);
      x = block.forward(up, options_.skips ? encoded[level] : at::Tensor(), route);
    }
    tensor::Output output;
    output.logits = convolve(x, module_->out->weight, module_->out->bias, 1, 0, route);
    for (const auto& name : wanted) output.extra.set(name, bottleneck);
    return output;
  }

 private:
  KdNetUNetOptions options_;
  std::shared_ptr<KdNetModule> module_;
};

}  // namespace

std::shared_ptr<Network> make_kd_net_unet(const KdNetUNetOptions& options) {
  return std::make_shared<KdNetUNet>(options);
}

NetworkRow kd_net_unet_row() {
  return {"kd-net-unet",
          "3D U-Net of five levels with max pooling and trilinear upsampling",
          "Hu et al. 2020, arXiv:2106.09564; open details as in nnU-Net's first public version",
          {{"width", Kind::integer, "30", "base width f: channels of the first level", 1, 1024, {}},
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

}  // namespace kdseg::models
