#include <c10/core/GradMode.h>
#include <torch/nn/module.h>

#include <cmath>
#include <functional>

#include "base/random.h"
#include "models/catalog.h"

namespace kdseg::models {
namespace {

/// Sets each value of a parameter from its own stream, whatever device and type it has.
void fill(const at::Tensor& parameter, const std::function<double()>& value) {
  const c10::NoGradGuard no_grad;
  at::Tensor host = at::Tensor(parameter.detach()).to(at::kCPU, at::kFloat).contiguous().clone();
  auto* data = host.mutable_data_ptr<float>();
  for (int64_t i = 0; i < host.numel(); ++i) data[i] = static_cast<float>(value());
  parameter.copy_(host);
}

int64_t fan_in(const at::Tensor& weight) { return weight.numel() / weight.size(0); }

/// A standard normal, redrawn while it lies beyond two standard deviations.
double truncated_normal(Random& random) {
  for (;;) {
    const double value = random.normal();
    if (std::abs(value) <= 2.0) return value;
  }
}

void fill_uniformly(const torch::nn::Module& module, uint64_t seed) {
  const auto parameters = module.named_parameters();
  for (const auto& item : parameters) {
    Random random(seed, 0, "initialize/" + item.key());
    const std::string holder = item.key().substr(0, item.key().rfind('.') + 1);
    const double bound =
        1.0 / std::sqrt(static_cast<double>(fan_in(parameters[holder + "weight"])));
    fill(item.value(), [&] { return random.uniform(-bound, bound); });
  }
}

void fill_module(const torch::nn::Module& module, InitialWeights how, uint64_t seed) {
  if (how == InitialWeights::uniform) return fill_uniformly(module, seed);
  const bool truncated = how == InitialWeights::truncated_normal;
  for (const auto& item : module.named_parameters()) {
    Random random(seed, 0, "initialize/" + item.key());
    const at::Tensor& value = item.value();
    if (value.dim() > 1) {
      const double deviation = how == InitialWeights::normal_0_02
                                   ? 0.02
                                   : std::sqrt(2.0 / static_cast<double>(fan_in(value)));
      fill(value,
           [&] { return deviation * (truncated ? truncated_normal(random) : random.normal()); });
    } else {
      const double constant = item.key().ends_with("weight") ? 1.0 : 0.0;
      fill(value, [&] { return constant; });
    }
  }
}

}  // namespace

void initialize(Network& network, uint64_t seed) {
  fill_module(network.module(), network.initial_weights(), seed);
}

void initialize(Discriminator& discriminator, uint64_t seed) {
  fill_module(*discriminator.module(), discriminator.initial_weights(), seed);
}

}  // namespace kdseg::models
