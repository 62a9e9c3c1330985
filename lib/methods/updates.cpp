#include "methods/updates.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full_like.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/module.h>

#include "methods/subsets.h"

namespace kdseg::methods {

Updates::Updates(std::shared_ptr<torch::nn::Module> module, const Regimen& regimen, bool idle_move)
    : module_(std::move(module)),
      regimen_(regimen),
      idle_move_(idle_move),
      optimizer_(optim::make_optimizer(*module_, regimen.optimizer)) {}

void Updates::begin(const StepInfo& info) {
  if (info.step % regimen_.accumulate == 0) optimizer_->zero_grad();
}

void Updates::finish(const StepInfo& info) {
  if ((info.step + 1) % regimen_.accumulate != 0 && info.step + 1 != info.steps) return;
  if (idle_move_) zero_missing_gradients(*module_);
  if (regimen_.clip_norm > 0) optimizer_->clip_gradients(regimen_.clip_norm);
  const double scale = regimen_.schedule.at(info.step, info.steps) * info.plateau_scale;
  optimizer_->step(optimizer_->options().learning_rate * scale);
}

void Updates::update(const std::vector<at::Tensor>& roots, const std::vector<at::Tensor>& gradients,
                     const StepInfo& info) {
  if (roots.empty() && regimen_.accumulate == 1) return;
  begin(info);
  std::vector<at::Tensor> scaled = gradients;
  if (regimen_.accumulate > 1)
    for (size_t i = 0; i < roots.size(); ++i)
      scaled[i] =
          gradients[i].defined() ? gradients[i] * share() : at::full_like(roots[i], share());
  if (!roots.empty()) torch::autograd::backward(roots, scaled);
  finish(info);
}

Part Updates::part(const std::string& name) const {
  return {name, module_, optimizer_.get(), true, regimen_.accumulate};
}

}  // namespace kdseg::methods
