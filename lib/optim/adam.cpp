#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/nn/module.h>

#include <cmath>
#include <cstring>

#include "base/errors.h"
#include "optim/optimizer.h"

namespace kdseg::optim {
namespace {

io::Array stored(const at::Tensor& tensor) {
  const at::Tensor host = tensor.detach().to(at::kCPU).contiguous();
  io::Array array;
  array.type = host.scalar_type() == at::kDouble ? io::Type::f64 : io::Type::f32;
  array.shape = host.sizes().vec();
  array.bytes.resize(host.nbytes());
  std::memcpy(array.bytes.data(), host.const_data_ptr(), host.nbytes());
  return array;
}

void restore(at::Tensor& target, const io::Tree& tree, const std::string& path) {
  const io::Array& array = tree.array(path);
  const auto type = target.scalar_type() == at::kDouble ? io::Type::f64 : io::Type::f32;
  if (at::IntArrayRef(array.shape) != target.sizes() || array.type != type)
    throw DataError("{}: {} is [{}], expected [{}]", tree.file_, path, fmt::join(array.shape, ", "),
                    fmt::join(target.sizes(), ", "));
  at::Tensor host = at::empty(array.shape, target.scalar_type());
  std::memcpy(host.mutable_data_ptr(), array.bytes.data(), host.nbytes());
  target.copy_(host);
}

}  // namespace

Adam::Adam(const torch::nn::Module& module, AdamOptions options) : options_(options) {
  for (const auto& item : module.named_parameters()) {
    names_.push_back(item.key());
    parameters_.push_back(item.value());
    first_.push_back(at::zeros_like(item.value()).detach());
    second_.push_back(at::zeros_like(item.value()).detach());
    steps_.push_back(at::zeros({}, item.value().options().dtype(at::kFloat).requires_grad(false)));
  }
}

void Adam::zero_grad() {
  for (auto& parameter : parameters_) parameter.mutable_grad() = at::Tensor();
}

void Adam::step(double learning_rate) {
  const c10::NoGradGuard no_grad;
  std::vector<at::Tensor> parameters, gradients, first, second, steps;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const at::Tensor& gradient = parameters_[i].grad();
    if (!gradient.defined()) continue;
    parameters.push_back(parameters_[i]);
    // The fused kernels walk memory: every tensor of one parameter has its layout.
    gradients.push_back(gradient.strides() == parameters_[i].strides() ? gradient
                                                                       : gradient.contiguous());
    first.push_back(first_[i]);
    second.push_back(second_[i]);
    steps_[i].add_(1);
    steps.push_back(steps_[i]);
  }
  if (parameters.empty()) return;
  const AdamOptions& o = options_;
  const auto update = [&](auto&& fused) {
    fused(parameters, gradients, first, second, at::TensorList(), steps, learning_rate, o.beta1,
          o.beta2, o.weight_decay, o.epsilon, /*amsgrad=*/false, /*maximize=*/false);
  };
  if (o.decoupled)
    update([](auto&&... args) { at::_fused_adamw_(args...); });
  else
    update([](auto&&... args) { at::_fused_adam_(args...); });
}

bool Adam::gradients_finite() const {
  for (const auto& parameter : parameters_) {
    const at::Tensor& gradient = parameter.grad();
    // A sum is finite only when every value is; an overflow of the sum itself also stops the step.
    if (gradient.defined() && !std::isfinite(gradient.sum().item<double>())) return false;
  }
  return true;
}

void Adam::save(io::Tree& tree, const std::string& prefix) const {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    tree.arrays[prefix + "/first/" + names_[i]] = stored(first_[i]);
    tree.arrays[prefix + "/second/" + names_[i]] = stored(second_[i]);
    tree.arrays[prefix + "/steps/" + names_[i]] = stored(steps_[i]);
  }
}

void Adam::load(const io::Tree& tree, const std::string& prefix) {
  const c10::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    restore(first_[i], tree, prefix + "/first/" + names_[i]);
    restore(second_[i], tree, prefix + "/second/" + names_[i]);
    restore(steps_[i], tree, prefix + "/steps/" + names_[i]);
  }
}

}  // namespace kdseg::optim
