#include "models/functions/convolution.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <vector>

#include "models/cpu/kernels.h"
#include "models/functions/winograd_function.h"
#include "tensor/device.h"
#include "tensor/softmax_sum.h"

namespace kdseg::models {
namespace {

at::Tensor plain(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                 int64_t stride, const std::vector<int64_t>& padding) {
  const std::vector<int64_t> strides(padding.size(), stride), ones(padding.size(), 1),
      zeros(padding.size(), 0);
  return at::convolution(x, weight, bias, strides, padding, ones, false, zeros, 1);
}

/// The same padding on every axis that the weight has taps along.
at::Tensor plain(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                 int64_t stride, int64_t padding) {
  return plain(x, weight, bias, stride,
               std::vector<int64_t>(static_cast<size_t>(weight.dim() - 2), padding));
}

/// float32 on the CPU, and to be computed as such.
bool is_cpu_float(const at::Tensor& x) {
  return x.device().is_cpu() && x.scalar_type() == at::kFloat &&
         tensor::Autocast::current(at::kCPU, at::kFloat) == at::kFloat;
}

/// LibTorch would take im2col for this batch of one: two overlapping slabs along the first axis
/// make a batch of two, which it sends to oneDNN.
at::Tensor by_slabs(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                    int64_t padding) {
  const int64_t depth = x.size(2), kernel = weight.size(2);
  const int64_t planes = depth + 2 * padding - kernel + 1;  // of the output
  const int64_t half = (planes + 1) / 2, needed = half + kernel - 1;
  auto shape = x.sizes().vec();
  shape[2] = padding;
  const at::Tensor border = at::zeros(shape, x.options());
  const at::Tensor padded = padding > 0 ? at::cat({border, x, border}, 2) : x;
  const at::Tensor slabs =
      at::cat({padded.narrow(2, 0, needed), padded.narrow(2, padded.size(2) - needed, needed)}, 0);
  const at::Tensor y = plain(slabs, weight, bias, 1, {0, padding, padding});
  const int64_t second = planes - half;
  return at::cat({y.narrow(0, 0, 1), y.narrow(0, 1, 1).narrow(2, half - second, second)}, 2);
}

const float* values(const at::Tensor& t) {
  return t.defined() ? t.const_data_ptr<float>() : nullptr;
}

/// Whether the kernel with one tap takes these maps: it reads them and their norms once.
bool takes_mix(const at::Tensor& x, Route route) {
  return route == Route::automatic && is_cpu_float(x) && !c10::GradMode::is_enabled();
}

/// The kernel with one tap on a part whose maps may wait for their norm.
class Mixing {
 public:
  Mixing(const Part& part, const at::Tensor& bias)
      : x_(part.x.contiguous()),
        weight_(part.weight.contiguous()),
        bias_(bias.defined() ? bias.contiguous() : bias) {
    if (!part.activation.defined()) return;
    const float* a = part.activation.const_data_ptr<float>();
    for (int64_t i = 0; i < part.activation.size(0); ++i, a += 3)
      activations_.push_back({a[0], a[1], a[2]});
  }
  int64_t samples() const { return x_.size(0); }
  int64_t outputs() const { return weight_.size(0); }
  int64_t voxels() const { return x_.numel() / (x_.size(0) * x_.size(1)); }

  /// Outputs of the voxels [start, start + count) of a sample, `stride` apart. `maps` is scratch.
  void operator()(int64_t sample, int64_t start, int64_t count, float* to, int64_t stride,
                  std::vector<const float*>& maps) const {
    const int64_t in = x_.size(1), n = voxels();
    const float* from = x_.const_data_ptr<float>() + sample * in * n + start;
    maps.resize(static_cast<size_t>(in));
    for (int64_t c = 0; c < in; ++c) maps[static_cast<size_t>(c)] = from + c * n;
    cpu::kernels().mix(
        maps.data(), activations_.empty() ? nullptr : activations_.data() + sample * in, in,
        weight_.const_data_ptr<float>(), values(bias_), outputs(), count, to, stride);
  }

 private:
  at::Tensor x_, weight_, bias_;
  std::vector<cpu::Activation> activations_;
};

at::Tensor done(const Part& part) {
  if (!part.activation.defined()) return part.x;
  const auto factor = [&](int64_t i) {
    return per_channel(part.activation.select(1, i).view({part.x.size(0), part.x.size(1)}),
                       part.x.dim())
        .to(part.x.options());
  };
  const at::Tensor z = part.x * factor(0) + factor(1);
  return at::where(z > 0, z, z * factor(2));
}

at::Tensor dropped(const Part& part) {
  const at::Tensor x = done(part);
  return part.mask.defined() ? at::mul(x, per_channel(part.mask, x.dim())) : x;
}

bool takes_winograd(const Part& part) {
  const bool needs_gradient = c10::GradMode::is_enabled() && part.x.requires_grad();
  // Several samples of one input: their gradients would meet in one map; only inference does this.
  const bool one_to_many = part.mask.defined() && part.mask.size(0) != part.x.size(0);
  return is_cpu_float(part.x) && part.x.dim() == 5 && winograd_pays(part.x.sizes()) &&
         !(one_to_many && needs_gradient);
}

}  // namespace

bool uses_whole(const at::Tensor& x, Route route) {
  return route == Route::automatic && !c10::GradMode::is_enabled() && is_cpu_float(x) &&
         x.dim() == 5 && winograd_pays(x.sizes());
}

at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                    int64_t stride, int64_t padding, Route route) {
  const int64_t kernel = weight.size(2);
  if (stride == 1 && kernel == 3 && padding == 1) return convolve_3({x, weight, {}}, bias, route);
  if (stride == 1 && kernel == 1 && padding == 0) return convolve_1({x, weight, {}}, bias, route);
  return plain(x, weight, bias, stride, padding);
}

at::Tensor convolve_3(const Part& first, const Part& second, const at::Tensor& bias, Route route,
                      at::Tensor* spreads, const at::Tensor& whole) {
  const bool two = second.x.defined();
  if (route == Route::automatic && takes_winograd(first) && (!two || takes_winograd(second)))
    return winograd(first, second, bias, c10::GradMode::is_enabled() ? nullptr : spreads, whole);
  const at::Tensor x = two ? beside_each_other({dropped(first), dropped(second)}) : dropped(first);
  const at::Tensor weight = two ? at::cat({first.weight, second.weight}, 1) : first.weight;
  if (route == Route::automatic && is_cpu_float(x) && x.dim() == 5 && x.size(0) == 1 &&
      x.size(2) > 1)
    return by_slabs(x, weight, bias, 1);
  return plain(x, weight, bias, 1, 1);
}

at::Tensor convolve_3(const Part& only, const at::Tensor& bias, Route route, at::Tensor* spreads) {
  return convolve_3(only, {}, bias, route, spreads);
}

at::Tensor convolve_1(const Part& part, const at::Tensor& bias, Route route) {
  auto shape = part.x.sizes().vec();
  shape[1] = part.weight.size(0);
  if (takes_mix(part.x, route) && !part.mask.defined()) {
    constexpr int64_t piece = 1024;  // values of each channel: they stay in the first cache
    const Mixing mix(part, bias);
    at::Tensor y = at::empty(shape, part.x.options());
    float* to = y.mutable_data_ptr<float>();
    const int64_t n = mix.voxels(), pieces = (n + piece - 1) / piece;
    at::parallel_for(0, mix.samples() * pieces, 8, [&](int64_t first, int64_t last) {
      std::vector<const float*> maps;
      for (int64_t i = first; i < last; ++i) {
        const int64_t sample = i / pieces, start = i % pieces * piece;
        mix(sample, start, std::min(piece, n - start), to + sample * shape[1] * n + start, n, maps);
      }
    });
    return y;
  }
  const at::Tensor x = dropped(part);
  if (route == Route::plain || !is_cpu_float(x)) return plain(x, part.weight, bias, 1, 0);
  shape[0] = x.size(0);
  const at::Tensor y = at::matmul(part.weight.flatten(1), x.flatten(2)).view(shape);
  return bias.defined() ? y.add(per_channel(bias.view({1, -1}), x.dim())) : y;
}

void add_softmax_of_convolve_1(const Part& part, const at::Tensor& bias, Route route,
                               at::Tensor& sum) {
  if (!takes_mix(part.x, route) || part.mask.defined() || !part.activation.defined()) {
    tensor::add_softmax(sum, convolve_1(part, bias, route).to(at::kFloat).contiguous());
    return;
  }
  constexpr int64_t piece = tensor::softmax_piece;
  const Mixing mix(part, bias);
  float* to = sum.mutable_data_ptr<float>();
  const int64_t n = mix.voxels(), out = mix.outputs(), pieces = (n + piece - 1) / piece;
  at::parallel_for(0, pieces, 8, [&](int64_t first, int64_t last) {
    std::vector<float> logits(static_cast<size_t>(out * piece)), kept(logits.size());
    std::vector<const float*> maps;
    for (int64_t i = first; i < last; ++i)
      for (int64_t sample = 0; sample < mix.samples(); ++sample) {
        const int64_t start = i * piece, count = std::min(piece, n - start);
        mix(sample, start, count, logits.data(), piece, maps);
        tensor::add_softmax_piece(logits.data(), piece, out, count, kept.data(), to + start, n);
      }
  });
}

at::Tensor per_channel(const at::Tensor& factors, int64_t dimensions) {
  std::vector<int64_t> shape(static_cast<size_t>(dimensions), 1);
  shape[0] = factors.size(0);
  shape[1] = factors.size(1);
  return factors.view(shape);
}

at::Tensor beside_each_other(const std::vector<at::Tensor>& maps) {
  int64_t samples = 1;
  for (const auto& map : maps) samples = std::max(samples, map.size(0));
  std::vector<at::Tensor> repeated;
  for (const auto& map : maps) {
    std::vector<int64_t> shape(static_cast<size_t>(map.dim()), -1);
    shape[0] = samples;
    repeated.push_back(map.expand(shape));
  }
  return at::cat(repeated, 1);
}

}  // namespace kdseg::models
