#include "models/networks/unet.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"
#include "models/functions/convolution.h"
#include "models/functions/normalization.h"
#include "models/functions/resampling.h"
#include "models/networks/input_check.h"
#include "tensor/noise.h"

namespace kdseg::models {
namespace {

constexpr double slope = 0.01;
constexpr int64_t coarsest = 16;  ///< four poolings

/// What makes logits, and where else they may go (see tensor::Input).
struct LastLayer {
  const Layer& layer;
  at::Tensor* softmax_sum;
};

/// Convolution, instance norm, LeakyReLU ("CIL").
struct Unit : torch::nn::Module {
  Unit(int64_t in, int64_t out) {
    conv = register_module("conv", make_convolution(in, out, 3, true));
    inst = register_module("inst", make_norm(out));
  }
  at::Tensor forward(const Part& part, Route route) const {
    at::Tensor spread;
    at::Tensor y = convolve_3(part, conv->bias, route, &spread);
    return instance_norm_leaky(std::move(y), spread, inst->weight, inst->bias, slope, route);
  }
  /// The same for the unit that comes next, which may norm and rectify as it reads.
  Part before(const Unit& next, const Part& part, Route route) const {
    at::Tensor spread;
    at::Tensor y = convolve_3(part, conv->bias, route, &spread);
    return instance_norm_leaky_waiting(std::move(y), spread, inst->weight, inst->bias, slope,
                                       next.conv->weight, route);
  }
  /// The same with the network's last layer behind it: logits.
  at::Tensor forward(const Part& part, const LastLayer& last, Route route) const {
    at::Tensor spread;
    const at::Tensor y = convolve_3(part, conv->bias, route, &spread);
    return instance_norm_leaky_pointwise(y, spread, inst->weight, inst->bias, slope,
                                         last.layer.weight, last.layer.bias, route,
                                         last.softmax_sum);
  }
  std::shared_ptr<Layer> conv, inst;
};

/// Factors of a dropout of x's channels; undefined: none.
at::Tensor dropout_mask(tensor::Noise* noise, const at::Tensor& x, double p) {
  return noise && p > 0 ? noise->channel_mask(x.size(1), p, x.options()) : at::Tensor();
}

/// make(), once for all samples where no dropout precedes it (see Noise::shared).
template <class Make>
at::Tensor shared(tensor::Noise* noise, const std::string& name, Make&& make) {
  return noise ? noise->shared(name, make) : make();
}

/// A map that many samples may share, under its name in Noise::shared.
struct Named {
  std::string name;
  at::Tensor map;
};

/// One part of a convolution behind its dropout; with Part::whole where samples share the map.
Part part_of(tensor::Noise* noise, const std::string& layer, const Named& x,
             const at::Tensor& weight, const at::Tensor& mask, Route route) {
  Part part{x.map, weight, mask};
  if (mask.defined() && noise->keeps(x.name) && uses_whole(x.map, route))
    part.whole = noise->once(layer + " of " + x.name, [&] {
      return convolve_3({x.map, weight, {}}, {}, route);
    });
  return part;
}

/// Two units behind one dropout.
struct Block : torch::nn::Module {
  Block(int64_t in, int64_t middle, int64_t out) {
    conv1 = register_module("conv1", std::make_shared<Unit>(in, middle));
    conv2 = register_module("conv2", std::make_shared<Unit>(middle, out));
  }
  at::Tensor forward(const Named& x, double p, tensor::Noise* noise, Route route) const {
    const at::Tensor mask = dropout_mask(noise, x.map, p);
    const Part part = part_of(noise, "conv1", x, conv1->conv->weight, mask, route);
    return conv2->forward(conv1->before(*conv2, part, route), route);
  }
  std::shared_ptr<Unit> conv1, conv2;
};

/// The skip connection and the upsampled deeper map, each behind its own dropout, convolved and
/// added; then norm, LeakyReLU and one unit.
struct UpBlock : torch::nn::Module {
  UpBlock(int64_t channels, int64_t out) {
    conv_up = register_module("conv_up", make_convolution(channels, channels, 3, true));
    conv_left = register_module("conv_left", make_convolution(channels, channels, 3, false));
    inst = register_module("inst", make_norm(channels));
    conv_out = register_module("conv_out", std::make_shared<Unit>(channels, out));
  }
  /// `up` is the deeper map, already upsampled. With the network's last layer, where this block is
  /// the last one: logits.
  at::Tensor forward(const Named& skip, const Named& up, double p, tensor::Noise* noise,
                     Route route, const LastLayer* last = nullptr) const {
    at::Tensor spread;
    const at::Tensor left = dropout_mask(noise, skip.map, p),
                     right = dropout_mask(noise, up.map, p);
    const bool of_shared = left.defined() && noise->keeps(skip.name) && noise->keeps(up.name) &&
                           uses_whole(skip.map, route);
    at::Tensor sum =
        of_shared
            ? convolve_3({skip.map, conv_left->weight, left}, {up.map, conv_up->weight, right},
                         conv_up->bias, route, &spread, whole_of(skip, up, noise, route))
            : convolve_3(part_of(noise, "conv_left", skip, conv_left->weight, left, route),
                         part_of(noise, "conv_up", up, conv_up->weight, right, route),
                         conv_up->bias, route, &spread);
    const Part part = instance_norm_leaky_waiting(std::move(sum), spread, inst->weight, inst->bias,
                                                  slope, conv_out->conv->weight, route);
    return last ? conv_out->forward(part, *last, route) : conv_out->forward(part, route);
  }
  /// The sum of both convolutions without dropout: one map to take away from, not one for each.
  at::Tensor whole_of(const Named& skip, const Named& up, tensor::Noise* noise, Route route) const {
    return noise->once("sum of " + skip.name + " and " + up.name, [&] {
      return convolve_3({skip.map, conv_left->weight, {}}, {up.map, conv_up->weight, {}}, {},
                        route);
    });
  }
  std::shared_ptr<Layer> conv_up, conv_left, inst;
  std::shared_ptr<Unit> conv_out;
};

struct UNetModule : torch::nn::Module {
  explicit UNetModule(const UNetOptions& o) {
    const int64_t k = o.width;
    const auto block = [&](const char* name, int64_t in, int64_t middle, int64_t out) {
      return register_module(name, std::make_shared<Block>(in, middle, out));
    };
    const auto up = [&](const char* name, int64_t channels, int64_t out) {
      return register_module(name, std::make_shared<UpBlock>(channels, out));
    };
    down = {block("conv_d1", o.in_channels, k, k), block("conv_d2", k, 2 * k, 2 * k),
            block("conv_d3", 2 * k, 4 * k, 4 * k), block("conv_d4", 4 * k, 8 * k, 8 * k)};
    center = block("conv_c5", 8 * k, 16 * k, 8 * k);
    u4 = up("conv_u4", 8 * k, 4 * k);
    u3 = up("conv_u3", 4 * k, 2 * k);
    u2 = up("conv_u2", 2 * k, k);
    u1 = up("conv_u1", k, k);
    conv_out = register_module("conv_out", make_convolution(k, o.classes, 1, true));
  }
  std::vector<std::shared_ptr<Block>> down;
  std::shared_ptr<Block> center;
  std::shared_ptr<UpBlock> u4, u3, u2, u1;
  std::shared_ptr<Layer> conv_out;
};

class UNet : public Network {
 public:
  explicit UNet(const UNetOptions& options)
      : options_(options),
        dropout_(unet_dropout(options)),
        module_(std::make_shared<UNetModule>(options)) {}

  torch::nn::Module& module() override { return *module_; }
  std::shared_ptr<torch::nn::Module> shared_module() override { return module_; }
  std::vector<std::string> extras() const override { return {"d2", "u3", "d3", "u4", "d4", "c5"}; }
  int64_t size_multiple() const override { return coarsest; }
  // A single voxel has no spread: instance norm would erase the deepest level at 16 voxels.
  int64_t minimum_size() const override { return 2 * coarsest; }
  bool has_dropout() const override {
    return std::any_of(dropout_.begin(), dropout_.end(), [](double p) { return p > 0; });
  }
  int64_t macs(std::array<int64_t, 3> size) const override {
    return total_macs(unet_layers(options_, size));
  }

  tensor::Output forward(const tensor::Input& input, std::span<const std::string> wanted) override {
    const at::Tensor& image = input.image;
    check_input(*this, "had-net-unet", image, options_.in_channels, wanted);
    tensor::Noise* noise = input.noise;
    if (noise) noise->rewind();
    const Route route = options_.plain ? Route::plain : Route::automatic;
    const UNetModule& m = *module_;
    const auto& p = dropout_;

    const auto block = [&](const char* name, const Block& b, const Named& x, double rate) {
      return Named{name, shared(noise, name, [&] { return b.forward(x, rate, noise, route); })};
    };
    const auto pooled = [&](const char* name, const Named& x) {
      return Named{name, shared(noise, name, [&] { return max_pool_2(x.map, route); })};
    };
    const auto up = [&](const char* name, const UpBlock& b, const Named& skip, const Named& deep,
                        double rate, const LastLayer* last = nullptr) {
      const std::string larger = deep.name + "-upsampled";
      const Named fine{
          larger, shared(noise, larger, [&] { return upsample_like(deep.map, skip.map, route); })};
      return Named{name, shared(noise, name,
                                [&] { return b.forward(skip, fine, rate, noise, route, last); })};
    };
    const Named d1 = block("d1", *m.down[0], {"image", image}, p[0]);
    const Named d2 = block("d2", *m.down[1], pooled("d1-pooled", d1), p[1]);
    const Named d3 = block("d3", *m.down[2], pooled("d2-pooled", d2), p[2]);
    const Named d4 = block("d4", *m.down[3], pooled("d3-pooled", d3), p[3]);
    const Named c5 = block("c5", *m.center, pooled("d4-pooled", d4), p[4]);
    const Named u4 = up("u4", *m.u4, d4, c5, p[5]);
    const Named u3 = up("u3", *m.u3, d3, u4, p[6]);
    const Named u2 = up("u2", *m.u2, d2, u3, p[7]);

    tensor::Output output;
    const LastLayer last{*m.conv_out, input.softmax_sum};
    output.logits = up("u1", *m.u1, d1, u2, p[8], &last).map;
    for (const auto& name : wanted)
      for (const Named& map : {d2, u3, d3, u4, d4, c5})
        if (name == map.name) output.extra.set(name, map.map);
    return output;
  }

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

std::vector<LayerShape> unet_layers(const UNetOptions& o, std::array<int64_t, 3> size) {
  const int64_t k = o.width;
  std::vector<LayerShape> layers;
  const auto at = [&](int level) {
    const int64_t shrink = int64_t{1} << level;
    return std::array<int64_t, 3>{size[0] / shrink, size[1] / shrink, size[2] / shrink};
  };
  const auto block = [&](const std::string& name, int level, int64_t in, int64_t middle,
                         int64_t out) {
    layers.push_back({name + ".conv1", in, middle, 3, at(level)});
    layers.push_back({name + ".conv2", middle, out, 3, at(level)});
  };
  const auto up = [&](const std::string& name, int level, int64_t channels, int64_t out) {
    layers.push_back({name + ".conv_up", channels, channels, 3, at(level)});
    layers.push_back({name + ".conv_left", channels, channels, 3, at(level)});
    layers.push_back({name + ".conv_out", channels, out, 3, at(level)});
  };
  block("conv_d1", 0, o.in_channels, k, k);
  block("conv_d2", 1, k, 2 * k, 2 * k);
  block("conv_d3", 2, 2 * k, 4 * k, 4 * k);
  block("conv_d4", 3, 4 * k, 8 * k, 8 * k);
  block("conv_c5", 4, 8 * k, 16 * k, 8 * k);
  up("conv_u4", 3, 8 * k, 4 * k);
  up("conv_u3", 2, 4 * k, 2 * k);
  up("conv_u2", 1, 2 * k, k);
  up("conv_u1", 0, k, k);
  layers.push_back({"conv_out", k, o.classes, 1, at(0)});
  return layers;
}

}  // namespace kdseg::models
