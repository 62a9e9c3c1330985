#include "models/functions/convolution.h"

#include <ATen/Parallel.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <array>
#include <vector>

#include "models/cpu/kernels.h"
#include "models/functions/winograd_function.h"
#include "tensor/device.h"

namespace kdseg::models {
namespace {

at::Tensor plain(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                 int64_t stride, std::array<int64_t, 3> padding) {
  const std::array<int64_t, 3> strides{stride, stride, stride}, ones{1, 1, 1}, zeros{0, 0, 0};
  return at::convolution(x, weight, bias, strides, padding, ones, false, zeros, 1);
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

/// 1x1x1 convolution without gradients, float32 on the CPU: one pass over memory.
at::Tensor pointwise(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                     at::IntArrayRef shape) {
  constexpr int64_t piece = 1024;  // values of each channel: they stay in the first cache
  const at::Tensor w = weight.contiguous(), b = bias.defined() ? bias.contiguous() : bias;
  at::Tensor y = at::empty(shape, x.options());
  const int64_t n = x.size(2) * x.size(3) * x.size(4), in = x.size(1), out = shape[1];
  const int64_t pieces = (n + piece - 1) / piece;
  const float *from = x.const_data_ptr<float>(), *weights = w.const_data_ptr<float>();
  const float* biases = b.defined() ? b.const_data_ptr<float>() : nullptr;
  float* to = y.mutable_data_ptr<float>();
  at::parallel_for(0, x.size(0) * pieces, 8, [&](int64_t first, int64_t last) {
    std::vector<const float*> maps(static_cast<size_t>(in));
    for (int64_t i = first; i < last; ++i) {
      const int64_t sample = i / pieces, start = i % pieces * piece;
      for (int64_t c = 0; c < in; ++c)
        maps[static_cast<size_t>(c)] = from + (sample * in + c) * n + start;
      cpu::kernels().mix(maps.data(), nullptr, in, weights, biases, out, std::min(piece, n - start),
                         to + sample * out * n + start, n);
    }
  });
  return y;
}

at::Tensor activated(const Part& part) {
  if (!part.activation.defined()) return part.x;
  const auto factor = [&](int64_t i) {
    return part.activation.select(1, i)
        .view({part.x.size(0), part.x.size(1), 1, 1, 1})
        .to(part.x.options());
  };
  const at::Tensor z = part.x * factor(0) + factor(1);
  return at::where(z > 0, z, z * factor(2));
}

at::Tensor dropped(const Part& part) {
  const at::Tensor x = activated(part);
  if (!part.mask.defined()) return x;
  return at::mul(x, part.mask.view({part.mask.size(0), part.mask.size(1), 1, 1, 1}));
}

/// One behind the other along the channels; a batch of one is repeated where the other has more.
at::Tensor joined(const at::Tensor& a, const at::Tensor& b) {
  const int64_t samples = std::max(a.size(0), b.size(0));
  return at::cat({a.expand({samples, -1, -1, -1, -1}), b.expand({samples, -1, -1, -1, -1})}, 1);
}

bool takes_winograd(const Part& part) {
  const bool needs_gradient = c10::GradMode::is_enabled() && part.x.requires_grad();
  // Several samples of one input: their gradients would meet in one map; only inference does this.
  const bool one_to_many = part.mask.defined() && part.mask.size(0) != part.x.size(0);
  return is_cpu_float(part.x) && winograd_pays(part.x.sizes()) && !(one_to_many && needs_gradient);
}

}  // namespace

bool uses_whole(const at::Tensor& x, Route route) {
  return route == Route::automatic && !c10::GradMode::is_enabled() && is_cpu_float(x) &&
         winograd_pays(x.sizes());
}

at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                    int64_t stride, int64_t padding, Route route) {
  const int64_t kernel = weight.size(2);
  if (route == Route::plain || !is_cpu_float(x))
    return plain(x, weight, bias, stride, {padding, padding, padding});
  if (kernel == 3 && stride == 1 && padding == 1) return convolve_3({x, weight, {}}, bias, route);
  if (kernel == 1 && stride == 1 && padding == 0) {
    auto shape = x.sizes().vec();
    shape[1] = weight.size(0);
    if (!c10::GradMode::is_enabled()) return pointwise(x.contiguous(), weight, bias, shape);
    at::Tensor y = at::matmul(weight.flatten(1), x.flatten(2)).view(shape);
    return bias.defined() ? y.add(bias.view({1, -1, 1, 1, 1})) : y;
  }
  return plain(x, weight, bias, stride, {padding, padding, padding});
}

at::Tensor convolve_3(const Part& first, const Part& second, const at::Tensor& bias, Route route,
                      at::Tensor* spreads, const at::Tensor& whole) {
  const bool two = second.x.defined();
  if (route == Route::automatic && takes_winograd(first) && (!two || takes_winograd(second)))
    return winograd(first, second, bias, c10::GradMode::is_enabled() ? nullptr : spreads, whole);
  const at::Tensor x = two ? joined(dropped(first), dropped(second)) : dropped(first);
  const at::Tensor weight = two ? at::cat({first.weight, second.weight}, 1) : first.weight;
  if (route == Route::automatic && is_cpu_float(x) && x.size(0) == 1 && x.size(2) > 1)
    return by_slabs(x, weight, bias, 1);
  return plain(x, weight, bias, 1, {1, 1, 1});
}

at::Tensor convolve_3(const Part& only, const at::Tensor& bias, Route route, at::Tensor* spreads) {
  return convolve_3(only, {}, bias, route, spreads);
}

}  // namespace kdseg::models
