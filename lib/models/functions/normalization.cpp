#include "models/functions/normalization.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/instance_norm.h>
#include <ATen/ops/leaky_relu.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "models/cpu/kernels.h"

namespace kdseg::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

const float* values(const at::Tensor& t) {
  return t.defined() ? t.const_data_ptr<float>() : nullptr;
}

struct Statistics {
  double mean, inverse;  ///< 1 / deviation
};

/// Normalization and LeakyReLU of one channel.
cpu::Activation activation_of(const Statistics& s, const float* weight, const float* bias,
                              int64_t c, double slope) {
  const double w = weight ? static_cast<double>(weight[c]) : 1.0;
  const double b = bias ? static_cast<double>(bias[c]) : 0.0;
  return {static_cast<float>(w * s.inverse), static_cast<float>(b - w * s.inverse * s.mean),
          static_cast<float>(slope)};
}

Statistics statistics_of(double mean, double variance, double epsilon) {
  // A variance that is no number must show: max() would turn it into 0.
  return {mean, std::isfinite(variance) ? 1.0 / std::sqrt(std::max(0.0, variance) + epsilon)
                                        : variance - variance};
}

Statistics statistics_of(const float* map, int64_t n, double epsilon) {
  // Deviations from one of the values: no cancellation when the mean is large.
  double sum = 0, squares = 0;
  cpu::kernels().moments(map, n, map[0], &sum, &squares);
  const double shifted = sum / static_cast<double>(n);
  return statistics_of(shifted + static_cast<double>(map[0]),
                       squares / static_cast<double>(n) - shifted * shifted, epsilon);
}

/// Both steps in one pass over memory after the moments; float32 on the CPU.
struct NormLeaky : torch::autograd::Function<NormLeaky> {
  using Maybe = std::optional<at::Tensor>;

  static at::Tensor forward(AutogradContext* context, const at::Tensor& input, const Maybe& scale,
                            const Maybe& shift, double slope, double epsilon) {
    const at::Tensor weight = scale.value_or(at::Tensor()), bias = shift.value_or(at::Tensor());
    const at::Tensor x = input.contiguous();
    const int64_t channels = x.size(1), maps = x.size(0) * channels, n = x.numel() / maps;
    at::Tensor y = at::empty_like(x);
    at::Tensor statistics = at::empty({maps, 2}, at::kDouble);  // mean, 1 / deviation
    const float* from = x.const_data_ptr<float>();
    float* to = y.mutable_data_ptr<float>();
    auto* stored = statistics.mutable_data_ptr<double>();
    const float *w = values(weight), *b = values(bias);
    const auto& kernels = cpu::kernels();
    at::parallel_for(0, maps, 1, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        const float* map = from + i * n;
        const Statistics s = statistics_of(map, n, epsilon);
        stored[2 * i] = s.mean;
        stored[2 * i + 1] = s.inverse;
        kernels.scale_leaky(map, n, activation_of(s, w, b, i % channels, slope), to + i * n);
      }
    });
    context->save_for_backward({x, weight, bias, statistics});
    context->saved_data["slope"] = slope;
    return y;
  }

  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &bias = saved[2];
    const double slope = context->saved_data["slope"].toDouble();
    const at::Tensor dy = gradients[0].contiguous();
    const int64_t batch = x.size(0), channels = x.size(1), n = x.numel() / (batch * channels);
    at::Tensor dx = at::empty_like(x), dw, db;
    if (weight.defined()) dw = at::empty_like(weight);
    if (bias.defined()) db = at::empty_like(bias);
    const float *from = x.const_data_ptr<float>(), *above = dy.const_data_ptr<float>();
    const float *w = values(weight), *b = values(bias);
    const auto* stored = saved[3].const_data_ptr<double>();
    float* to = dx.mutable_data_ptr<float>();
    float* to_weight = dw.defined() ? dw.mutable_data_ptr<float>() : nullptr;
    float* to_bias = db.defined() ? db.mutable_data_ptr<float>() : nullptr;
    const auto& kernels = cpu::kernels();
    at::parallel_for(0, channels, 1, [&](int64_t first, int64_t last) {
      for (int64_t c = first; c < last; ++c) {
        double weight_sum = 0, bias_sum = 0;
        for (int64_t s = 0; s < batch; ++s) {
          const int64_t i = s * channels + c;
          const double mean = stored[2 * i], inverse = stored[2 * i + 1];
          const cpu::Activation activation = activation_of({mean, inverse}, w, b, c, slope);
          double sum = 0, product = 0;
          kernels.leaky_gradient_sums(from + i * n, above + i * n, n, activation,
                                      static_cast<float>(mean), &sum, &product);
          // dx = w r (g - mean(g) - xhat mean(g xhat)), xhat = (x - mean) r.
          const double a = (w ? static_cast<double>(w[c]) : 1.0) * inverse;
          const double tilt = -a * inverse * inverse * product / static_cast<double>(n);
          const double level = -a * sum / static_cast<double>(n) - tilt * mean;
          kernels.leaky_gradient(from + i * n, above + i * n, n, activation, static_cast<float>(a),
                                 static_cast<float>(tilt), static_cast<float>(level), to + i * n);
          weight_sum += product * inverse;
          bias_sum += sum;
        }
        if (to_weight) to_weight[c] = static_cast<float>(weight_sum);
        if (to_bias) to_bias[c] = static_cast<float>(bias_sum);
      }
    });
    return {dx, dw, db, {}, {}};
  }
};

/// An argument of a Function, where an empty tensor must not stand.
std::optional<at::Tensor> given(const at::Tensor& t) {
  return t.defined() ? std::optional<at::Tensor>(t) : std::nullopt;
}

}  // namespace

at::Tensor instance_norm_leaky(const at::Tensor& x, const at::Tensor& weight,
                               const at::Tensor& bias, double slope, Route route, double epsilon) {
  const bool half = x.scalar_type() == at::kHalf || x.scalar_type() == at::kBFloat16;
  const at::Tensor wide = half ? x.to(at::kFloat) : x;
  if (route == Route::automatic && wide.device().is_cpu() && wide.scalar_type() == at::kFloat)
    return NormLeaky::apply(wide, given(weight), given(bias), slope, epsilon);
  const at::Tensor normal = at::instance_norm(wide, weight, bias, {}, {}, true, 0.0, epsilon, true);
  return slope == 1 ? normal : at::leaky_relu(normal, slope);
}

at::Tensor waiting_norm(const at::Tensor& spreads, const at::Tensor& weight, const at::Tensor& bias,
                        int64_t channels, double slope, double epsilon) {
  at::Tensor activation = at::empty({spreads.size(0), 3}, at::kFloat);
  const auto* known = spreads.const_data_ptr<double>();
  float* to = activation.mutable_data_ptr<float>();
  for (int64_t i = 0; i < spreads.size(0); ++i) {
    const cpu::Activation a = activation_of(statistics_of(known[2 * i], known[2 * i + 1], epsilon),
                                            values(weight), values(bias), i % channels, slope);
    *to++ = a.scale;
    *to++ = a.offset;
    *to++ = a.slope;
  }
  return activation;
}

at::Tensor activated(at::Tensor&& x, const at::Tensor& activation) {
  const int64_t n = x.numel() / activation.size(0);
  float* maps = x.mutable_data_ptr<float>();
  const float* a = activation.const_data_ptr<float>();
  const auto& kernels = cpu::kernels();
  at::parallel_for(0, activation.size(0), 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i)
      kernels.scale_leaky(maps + i * n, n, {a[3 * i], a[3 * i + 1], a[3 * i + 2]}, maps + i * n);
  });
  return std::move(x);
}

}  // namespace kdseg::models
