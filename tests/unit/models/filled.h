// Networks filled by a formula, so that their outputs can be computed independently.
#pragma once
#include <ATen/ops/arange.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/sin.h>
#include <c10/core/GradMode.h>
#include <torch/nn/module.h>

namespace kdseg::models {

/// a + b * sin(c i + d) (or cos) over the flat row-major index i.
inline at::Tensor wave(at::IntArrayRef shape, double a, double b, double c, double d,
                       bool cosine = false) {
  int64_t count = 1;
  for (const int64_t side : shape) count *= side;
  const at::Tensor angle = at::arange(count, at::kDouble).mul(c).add(d);
  return (cosine ? at::cos(angle) : at::sin(angle)).mul(b).add(a).view(shape);
}

/// Convolution weights 0.1 sin(0.37 i + 1), their biases 0.01 sin(i + 1); norm weights
/// 1 + 0.05 cos(i), their biases 0.05 sin(i); all phases moved by `shift`, so that two networks
/// differ; float64. Frozen parameters keep their values.
inline void fill_by_formula(torch::nn::Module& module, double shift = 0) {
  module.to(at::kDouble);
  const c10::NoGradGuard no_grad;
  const auto all = module.named_parameters();
  for (const auto& item : all) {
    const std::string owner = item.key().substr(0, item.key().rfind('.') + 1);
    const bool convolution = all[owner + "weight"].dim() > 1;
    const bool weight = item.key().ends_with("weight");
    at::Tensor value = item.value();
    if (!value.requires_grad()) continue;
    const auto shape = value.sizes();
    if (convolution)
      value.copy_(weight ? wave(shape, 0, 0.1, 0.37, 1 + shift)
                         : wave(shape, 0, 0.01, 1, 1 + shift));
    else
      value.copy_(weight ? wave(shape, 1, 0.05, 1, shift, true) : wave(shape, 0, 0.05, 1, shift));
  }
}

}  // namespace kdseg::models
