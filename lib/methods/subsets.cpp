#include "methods/subsets.h"

#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>
#include <torch/nn/module.h>

#include "base/errors.h"

namespace kdseg::methods {

std::vector<bool> draw_subset(int64_t images, Random& random) {
  const auto size = static_cast<int64_t>(random.below(static_cast<uint64_t>(images))) + 1;
  const auto order = random_order(images, random);
  std::vector<bool> given(static_cast<size_t>(images), false);
  for (int64_t i = 0; i < size; ++i)
    given[static_cast<size_t>(order[static_cast<size_t>(i)])] = true;
  return given;
}

at::Tensor present_of_step(const Setup& setup, const models::Model& model, const StepInfo& info,
                           int64_t batch) {
  if (!setup.subsets) return {};
  const auto images = static_cast<int64_t>(model.contract.channels.size());
  at::Tensor present = at::zeros({batch, images});
  auto* value = present.mutable_data_ptr<float>();
  for (int64_t n = 0; n < batch; ++n) {
    Random random(info.seed, static_cast<uint64_t>(info.step), fmt::format("subset/{}", n));
    for (const bool given : draw_subset(images, random)) *value++ = given ? 1.0f : 0.0f;
  }
  return present;
}

void require_subsets_taken(const Setup& setup, const models::Model& model) {
  if (setup.subsets && !model.network->takes_subsets())
    throw UsageError(
        "--subsets uniform: {} needs all of its channels; choose [network.u-hemis] or "
        "[network.u-hved], or --subsets off",
        model.section.name);
}

void zero_missing_gradients(torch::nn::Module& module) {
  for (auto& parameter : module.parameters())
    if (parameter.requires_grad() && !parameter.grad().defined())
      parameter.mutable_grad() = at::zeros_like(parameter).detach();
}

std::vector<at::Tensor> convolution_weights(const torch::nn::Module& module) {
  std::vector<at::Tensor> weights;
  for (const auto& parameter : module.parameters())
    if (parameter.dim() > 1) weights.push_back(parameter);
  return weights;
}

}  // namespace kdseg::methods
