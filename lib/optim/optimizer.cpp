#include "optim/optimizer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/norm.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/nn/module.h>

#include <cstring>

#include "base/errors.h"
#include "base/text.h"

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

/// Adam (Kingma & Ba 2015), with decoupled weight decay (Loshchilov & Hutter 2019) and the maximum
/// of the second moments (Reddi et al. 2018) where asked for.
class Adam : public Optimizer {
 public:
  Adam(const torch::nn::Module& module, const Options& options)
      : Optimizer(module, options, slots_of(options), {"steps"}) {}

 private:
  static std::vector<std::string> slots_of(const Options& options) {
    std::vector<std::string> slots{"first", "second"};
    if (options.amsgrad) slots.push_back("largest");
    return slots;
  }

  void update(const Pending& pending, double learning_rate) override {
    const Options& o = options();
    const auto& steps = pending.slots.back();
    for (const at::Tensor& step : steps) step.add_(1);
    const at::TensorList largest = o.amsgrad ? at::TensorList(pending.slots[2]) : at::TensorList();
    const auto run = [&](auto&& fused) {
      fused(pending.parameters, pending.gradients, pending.slots[0], pending.slots[1], largest,
            steps, learning_rate, o.beta1, o.beta2, o.weight_decay, o.epsilon, o.amsgrad,
            /*maximize=*/false);
    };
    if (o.name == "adamw")
      run([](auto&&... args) { at::_fused_adamw_(args...); });
    else
      run([](auto&&... args) { at::_fused_adam_(args...); });
  }
};

class Sgd : public Optimizer {
 public:
  Sgd(const torch::nn::Module& module, const Options& options)
      : Optimizer(module, options, slots_of(options), {}) {}

 private:
  static std::vector<std::string> slots_of(const Options& options) {
    if (options.momentum > 0) return {"momentum"};
    return {};
  }

  void update(const Pending& pending, double learning_rate) override {
    const Options& o = options();
    // Buffers of 0 with no dampening are what a first step begins with.
    const at::TensorList buffers =
        o.momentum > 0 ? at::TensorList(pending.slots[0]) : at::TensorList();
    at::_fused_sgd_(pending.parameters, pending.gradients, buffers, o.weight_decay, o.momentum,
                    learning_rate, /*dampening=*/0.0, o.nesterov, /*maximize=*/false,
                    /*is_first_step=*/false);
  }
};

template <class T>
std::unique_ptr<Optimizer> build(const torch::nn::Module& module, const Options& options) {
  return std::make_unique<T>(module, options);
}

}  // namespace

Optimizer::Optimizer(const torch::nn::Module& module, Options options,
                     const std::vector<std::string>& shaped, const std::vector<std::string>& scalar)
    : options_(std::move(options)) {
  for (const auto& name : shaped) slots_.push_back({name, {}});
  for (const auto& name : scalar) slots_.push_back({name, {}});
  for (const auto& item : module.named_parameters()) {
    names_.push_back(item.key());
    parameters_.push_back(item.value());
    for (size_t s = 0; s < slots_.size(); ++s)
      slots_[s].values.push_back(
          s < shaped.size()
              ? at::zeros_like(item.value()).detach()
              : at::zeros({}, item.value().options().dtype(at::kFloat).requires_grad(false)));
  }
}

void Optimizer::zero_grad() {
  for (auto& parameter : parameters_) parameter.mutable_grad() = at::Tensor();
}

void Optimizer::step(double learning_rate) {
  const c10::NoGradGuard no_grad;
  Pending pending;
  pending.slots.resize(slots_.size());
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const at::Tensor& gradient = parameters_[i].grad();
    if (!gradient.defined()) continue;
    pending.parameters.push_back(parameters_[i]);
    // The fused kernels walk memory: every tensor of one parameter has its layout.
    pending.gradients.push_back(
        gradient.strides() == parameters_[i].strides() ? gradient : gradient.contiguous());
    for (size_t s = 0; s < slots_.size(); ++s) pending.slots[s].push_back(slots_[s].values[i]);
  }
  if (!pending.parameters.empty()) update(pending, learning_rate);
}

double Optimizer::clip_gradients(double limit) {
  const c10::NoGradGuard no_grad;
  std::vector<at::Tensor> norms;
  for (const auto& parameter : parameters_)
    if (parameter.grad().defined()) norms.push_back(at::norm(parameter.grad()));
  if (norms.empty()) return 0;
  const double norm = at::norm(at::stack(norms)).item<double>();
  if (norm > limit)
    for (auto& parameter : parameters_)
      if (parameter.grad().defined()) parameter.mutable_grad().mul_(limit / norm);
  return norm;
}

void Optimizer::save(io::Tree& tree, const std::string& prefix, bool gradients) const {
  for (const auto& slot : slots_)
    for (size_t i = 0; i < parameters_.size(); ++i)
      tree.arrays[prefix + "/" + slot.name + "/" + names_[i]] = stored(slot.values[i]);
  if (!gradients) return;
  for (size_t i = 0; i < parameters_.size(); ++i)
    if (parameters_[i].grad().defined())
      tree.arrays[prefix + "/gradient/" + names_[i]] = stored(parameters_[i].grad());
}

void Optimizer::load(const io::Tree& tree, const std::string& prefix) {
  const c10::NoGradGuard no_grad;
  for (auto& slot : slots_)
    for (size_t i = 0; i < parameters_.size(); ++i)
      restore(slot.values[i], tree, prefix + "/" + slot.name + "/" + names_[i]);
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const std::string path = prefix + "/gradient/" + names_[i];
    if (!tree.arrays.contains(path)) continue;
    at::Tensor gradient = at::zeros_like(parameters_[i]).detach();
    restore(gradient, tree, path);
    parameters_[i].mutable_grad() = gradient;
  }
}

const std::vector<OptimizerRow>& optimizers() {
  static const std::vector<OptimizerRow> rows{
      {"adam", "weight decay in the gradient", "Kingma & Ba 2015, arXiv:1412.6980", 2e-4,
       build<Adam>},
      {"adamw", "decoupled weight decay", "Loshchilov & Hutter 2019, arXiv:1711.05101", 2e-4,
       build<Adam>},
      {"sgd", "gradient descent with momentum", "", 0, build<Sgd>},
  };
  return rows;
}

const OptimizerRow& optimizer_row(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& row : optimizers()) {
    if (row.name == name) return row;
    names.push_back(row.name);
  }
  throw UsageError("unknown optimizer '{}'{}", name, did_you_mean(name, names));
}

std::unique_ptr<Optimizer> make_optimizer(const torch::nn::Module& module, const Options& options) {
  return optimizer_row(options.name).build(module, options);
}

}  // namespace kdseg::optim
