#include "models/functions/winograd_function.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <optional>

#include "models/cpu/winograd.h"

namespace kdseg::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t taps = 27;

/// One or two parts as lists of channels. Channels that a sample's mask drops are left out.
struct Sources {
  std::array<at::Tensor, 2> x, weight, mask, whole{};
  at::Tensor whole_of_all{};  ///< instead of one for each part
  std::array<at::Tensor, 2> activation{};
  int64_t parts() const { return x[1].defined() ? 2 : 1; }
  int64_t samples() const {  ///< parts of a batch of one are the same for all
    int64_t count = 1;
    for (const auto* group : {&x, &mask})
      for (const at::Tensor& t : *group)
        if (t.defined()) count = std::max(count, t.size(0));
    return count;
  }
  int64_t outputs() const { return weight[0].size(0); }
  cpu::Size size() const { return {x[0].size(2), x[0].size(3), x[0].size(4)}; }
};

/// Factors of a part's channels in a sample; null: all 1.
const float* factors_of(const Sources& s, size_t part, int64_t sample) {
  return s.mask[part].defined() ? s.mask[part].const_data_ptr<float>() + sample * s.x[part].size(1)
                                : nullptr;
}

struct Channel {
  size_t part;
  int64_t index;
  float factor;
};

std::vector<Channel> kept_channels(const Sources& s, int64_t sample) {
  std::vector<Channel> kept;
  for (size_t part = 0; part < static_cast<size_t>(s.parts()); ++part) {
    const int64_t count = s.x[part].size(1);
    const float* factors = factors_of(s, part, sample);
    for (int64_t c = 0; c < count; ++c)
      if (!factors || factors[c] != 0.0f) kept.push_back({part, c, factors ? factors[c] : 1.0f});
  }
  return kept;
}

/// The factor of the channels of parts [first, last) that a sample keeps, where less is dropped
/// than kept: the rest is cheaper taken away from the whole. Otherwise 0.
float factor_of_whole(const Sources& s, size_t first, size_t last, int64_t sample) {
  float factor = 0.0f;
  int64_t dropped = 0, channels = 0;
  for (size_t part = first; part < last; ++part) {
    const float* factors = factors_of(s, part, sample);
    if (!factors) return 0.0f;
    const int64_t count = s.x[part].size(1);
    for (int64_t c = 0; c < count; ++c) {
      if (factors[c] == 0.0f)
        ++dropped;
      else if (factor == 0.0f || factor == factors[c])
        factor = factors[c];
      else
        return 0.0f;  // no dropout: the kept channels differ
    }
    channels += count;
  }
  return 2 * dropped < channels ? factor : 0.0f;
}

/// What remains to be convolved once the wholes are added: channels to keep, or to take away.
std::vector<Channel> channels_of(const Sources& s, int64_t sample,
                                 std::vector<cpu::Addend>& added) {
  std::vector<Channel> all;
  std::array<float, 2> factor_of{};
  const auto add_whole = [&](const at::Tensor& whole, size_t first, size_t last) {
    const float factor = whole.defined() ? factor_of_whole(s, first, last, sample) : 0.0f;
    if (factor == 0.0f) return;
    added.push_back({whole.const_data_ptr<float>(), factor});
    for (size_t part = first; part < last; ++part) {
      factor_of[part] = factor;
      const float* factors = factors_of(s, part, sample);
      for (int64_t c = 0; c < s.x[part].size(1); ++c)
        if (factors[c] == 0.0f) all.push_back({part, c, -factor});
    }
  };
  const auto parts = static_cast<size_t>(s.parts());
  add_whole(s.whole_of_all, 0, parts);
  for (size_t part = 0; part < parts; ++part) add_whole(s.whole[part], part, part + 1);
  for (const Channel& c : kept_channels(s, sample))
    if (factor_of[c.part] == 0.0f) all.push_back(c);
  return all;
}

const float* map_of(const at::Tensor& x, int64_t sample, int64_t channel, int64_t voxels) {
  const int64_t n = x.size(0) == 1 ? 0 : sample;
  return x.const_data_ptr<float>() + (n * x.size(1) + channel) * voxels;
}

cpu::Activation activation_of(const Sources& s, const Channel& c, int64_t sample) {
  const at::Tensor& x = s.x[c.part];
  if (!s.activation[c.part].defined()) return {};
  const int64_t n = x.size(0) == 1 ? 0 : sample;
  const float* from = s.activation[c.part].const_data_ptr<float>() + 3 * (n * x.size(1) + c.index);
  return {from[0], from[1], from[2]};
}

/// Transformed weights of the kept channels, masks folded in; made anew only when they change.
class Weights {
 public:
  const cpu::Floats& of(const Sources& s, const std::vector<Channel>& kept) {
    if (!made_ || s.mask[0].defined() || s.mask[1].defined()) {
      std::vector<cpu::WeightView> views;
      for (const Channel& c : kept) {
        const at::Tensor& w = s.weight[c.part];
        views.push_back(
            {w.const_data_ptr<float>() + c.index * taps, w.size(1) * taps, false, c.factor});
      }
      transformed_ = cpu::transform_weights(cpu::kernels(), views, s.outputs());
      made_ = true;
    }
    return transformed_;
  }

 private:
  bool made_ = false;
  cpu::Floats transformed_;
};

at::Tensor forward_maps(const Sources& s, const at::Tensor& bias, at::Tensor* spreads = nullptr) {
  const cpu::Size size = s.size();
  const int64_t voxels = size.voxels(), samples = s.samples(), outputs = s.outputs();
  at::Tensor y =
      at::empty({samples, outputs, size.depth, size.height, size.width}, s.x[0].options());
  Weights weights;
  std::vector<cpu::Spread> spread(static_cast<size_t>(outputs));
  if (spreads) *spreads = at::empty({samples * outputs, 2}, at::kDouble);
  for (int64_t n = 0; n < samples; ++n) {
    std::vector<cpu::Addend> added;
    const auto kept = channels_of(s, n, added);
    std::vector<const float*> in;
    std::vector<cpu::Activation> activations;
    for (const Channel& c : kept) {
      in.push_back(map_of(s.x[c.part], n, c.index, voxels));
      if (s.activation[0].defined() || s.activation[1].defined())
        activations.push_back(activation_of(s, c, n));
    }
    std::vector<float*> out;
    for (int64_t o = 0; o < outputs; ++o)
      out.push_back(y.mutable_data_ptr<float>() + (n * outputs + o) * voxels);
    cpu::convolve(cpu::kernels(), in, weights.of(s, kept),
                  bias.defined() ? bias.const_data_ptr<float>() : nullptr, out, size, added,
                  spreads ? spread.data() : nullptr, activations);
    for (int64_t o = 0; spreads && o < outputs; ++o) {
      auto* to = spreads->mutable_data_ptr<double>() + 2 * (n * outputs + o);
      to[0] = spread[static_cast<size_t>(o)].mean;
      to[1] = spread[static_cast<size_t>(o)].variance;
    }
  }
  return y;
}

std::vector<const float*> gradient_maps(const at::Tensor& dy, int64_t sample, int64_t voxels) {
  std::vector<const float*> maps;
  for (int64_t o = 0; o < dy.size(1); ++o) maps.push_back(map_of(dy, sample, o, voxels));
  return maps;
}

/// Gradients in the maps; dropped channels get 0.
void input_gradients(const Sources& s, const at::Tensor& dy, std::array<at::Tensor, 2>& dx) {
  const cpu::Size size = s.size();
  const int64_t voxels = size.voxels();
  for (size_t part = 0; part < 2; ++part)
    if (dx[part].defined() && s.mask[part].defined()) dx[part].zero_();
  for (int64_t n = 0; n < s.samples(); ++n) {
    std::vector<Channel> wanted;
    for (const Channel& c : kept_channels(s, n))
      if (dx[c.part].defined()) wanted.push_back(c);
    if (wanted.empty()) continue;
    std::vector<float*> out;
    for (const Channel& c : wanted)
      out.push_back(dx[c.part].mutable_data_ptr<float>() +
                    (n * dx[c.part].size(1) + c.index) * voxels);
    // Seen from the gradient the roles are exchanged: inputs are the outputs' channels.
    cpu::Floats exchanged(s.outputs() * taps * static_cast<int64_t>(wanted.size()));
    for (size_t i = 0; i < wanted.size(); ++i) {
      const at::Tensor& w = s.weight[wanted[i].part];
      for (int64_t o = 0; o < s.outputs(); ++o) {
        const float* from = w.const_data_ptr<float>() + (o * w.size(1) + wanted[i].index) * taps;
        float* to = exchanged.data() +
                    (static_cast<size_t>(o) * wanted.size() + i) * static_cast<size_t>(taps);
        for (int64_t k = 0; k < taps; ++k) to[k] = wanted[i].factor * from[k];
      }
    }
    std::vector<cpu::WeightView> views;
    for (int64_t o = 0; o < s.outputs(); ++o)
      views.push_back(
          {exchanged.data() + static_cast<size_t>(o) * wanted.size() * taps, taps, true, 1.0f});
    const auto weights =
        cpu::transform_weights(cpu::kernels(), views, static_cast<int64_t>(wanted.size()));
    cpu::convolve(cpu::kernels(), gradient_maps(dy, n, voxels), weights, nullptr, out, size);
  }
}

void weight_gradients(const Sources& s, const at::Tensor& dy, std::array<at::Tensor, 2>& dw) {
  const cpu::Size size = s.size();
  const int64_t voxels = size.voxels();
  for (int64_t n = 0; n < s.samples(); ++n) {
    std::vector<const float*> in;
    std::vector<cpu::WeightPlace> places;
    for (const Channel& c : kept_channels(s, n)) {
      if (!dw[c.part].defined()) continue;
      in.push_back(map_of(s.x[c.part], n, c.index, voxels));
      places.push_back({dw[c.part].mutable_data_ptr<float>() + c.index * taps,
                        dw[c.part].size(1) * taps, c.factor});
    }
    if (in.empty()) continue;
    cpu::scatter_weights(cpu::kernels(),
                         cpu::correlate(cpu::kernels(), in, gradient_maps(dy, n, voxels), size),
                         places, s.outputs());
  }
}

/// An argument of a Function, where an empty tensor must not stand.
std::optional<at::Tensor> given(const at::Tensor& t) {
  return t.defined() ? std::optional<at::Tensor>(t) : std::nullopt;
}

struct Winograd : torch::autograd::Function<Winograd> {
  using Maybe = std::optional<at::Tensor>;

  static at::Tensor forward(AutogradContext* context, const at::Tensor& x1, const at::Tensor& w1,
                            const Maybe& m1, const Maybe& x2, const Maybe& w2, const Maybe& m2,
                            const Maybe& b) {
    const auto dense = [](const Maybe& t) { return t ? t->contiguous() : at::Tensor(); };
    const Sources s{{dense(x1), dense(x2)}, {dense(w1), dense(w2)}, {dense(m1), dense(m2)}};
    const at::Tensor bias = dense(b);
    context->save_for_backward({s.x[0], s.weight[0], s.mask[0], s.x[1], s.weight[1], s.mask[1]});
    const auto wants = [](const at::Tensor& t) { return t.defined() && t.requires_grad(); };
    context->saved_data["wanted"] =
        std::vector<bool>{wants(x1), x2 && wants(*x2), wants(w1), w2 && wants(*w2), b && wants(*b)};
    return forward_maps(s, bias);
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto wanted = context->saved_data["wanted"].toBoolList();
    const Sources s{{saved[0], saved[3]}, {saved[1], saved[4]}, {saved[2], saved[5]}};
    const at::Tensor dy = gradients[0].contiguous();
    std::array<at::Tensor, 2> dx, dw;
    for (size_t part = 0; part < 2; ++part) {
      if (wanted[part]) dx[part] = at::empty_like(s.x[part]);
      if (wanted[part + 2]) dw[part] = at::zeros_like(s.weight[part]);
    }
    if (dx[0].defined() || dx[1].defined()) input_gradients(s, dy, dx);
    if (dw[0].defined() || dw[1].defined()) weight_gradients(s, dy, dw);
    at::Tensor db;
    if (wanted[4]) db = dy.sum({0, 2, 3, 4});
    return {dx[0], dw[0], {}, dx[1], dw[1], {}, db};
  }
};

}  // namespace

bool winograd_pays(at::IntArrayRef shape) { return shape[2] * shape[3] * shape[4] >= 27; }

at::Tensor winograd(const Part& first, const Part& second, const at::Tensor& bias,
                    at::Tensor* spreads, const at::Tensor& whole) {
  if (spreads || first.whole.defined() || second.whole.defined() || whole.defined() ||
      first.activation.defined() || second.activation.defined()) {
    const auto dense = [](const at::Tensor& t) { return t.defined() ? t.contiguous() : t; };
    return forward_maps({{dense(first.x), dense(second.x)},
                         {dense(first.weight), dense(second.weight)},
                         {dense(first.mask), dense(second.mask)},
                         {dense(first.whole), dense(second.whole)},
                         dense(whole),
                         {dense(first.activation), dense(second.activation)}},
                        dense(bias), spreads);
  }
  return Winograd::apply(first.x, first.weight, given(first.mask), given(second.x),
                         given(second.weight), given(second.mask), given(bias));
}

}  // namespace kdseg::models
