#include "methods/learner.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <torch/nn/module.h>

#include <map>
#include <numeric>

#include "methods/subsets.h"
#include "tensor/device.h"

namespace kdseg::methods {
namespace {

at::Tensor picked(const at::Tensor& values, const at::Tensor& samples) {
  return values.defined() ? values.index_select(0, samples.to(values.device())) : values;
}

tensor::Output picked(const tensor::Output& output, const at::Tensor& samples) {
  tensor::Output part;
  part.logits = picked(output.logits, samples);
  for (const auto& [name, value] : output.extra.items) part.extra.set(name, picked(value, samples));
  return part;
}

losses::Evidence evidence_of(const Question& q, const tensor::Input& input,
                             const tensor::Output& output, const tensor::Output* teacher,
                             const tensor::Target& target) {
  return {.input = input,
          .student = output,
          .teacher = teacher,
          .target = &target,
          .head = q.model.contract.head,
          .epoch = q.info.epoch,
          .epochs = q.info.epochs,
          .weights = q.weights};
}

bool has_target(const tensor::Target& target) {
  return target.classes.defined() || target.share.defined();
}

}  // namespace

Pass pass_of(const models::Model& model, tensor::Input input, std::span<const std::string> wanted,
             const Setup& setup) {
  Pass pass;
  {
    const tensor::Autocast cast(setup.device, setup.compute);
    pass.output = model.network->forward(input, wanted);
  }
  input.noise = nullptr;
  pass.input = std::move(input);
  return pass;
}

Learner::Learner(const Trained& trained, const Setup& setup, std::string masks)
    : trained_(trained),
      setup_(setup),
      masks_(std::move(masks)),
      weights_(convolution_weights(trained_.model.network->module())),
      updates_(trained_.model.network->shared_module(), trained.regimen, setup.subsets) {
  require_subsets_taken(setup, trained_.model);
}

Pass Learner::forward(const at::Tensor& images, std::span<const std::string> wanted,
                      const StepInfo& info, bool training, const std::string& where,
                      int64_t domain) const {
  tensor::Input input;
  input.image = images;
  input.domain = domain;
  if (!training) return pass_of(model(), std::move(input), wanted, setup_);
  const int64_t samples = images.size(0);
  auto noise = step_noise(info, masks_ + where, samples);
  input.noise = &noise;
  input.statistics = tensor::Statistics::batch_and_gather;
  input.present = present_of_step(setup_, model(), info, samples);
  return pass_of(model(), std::move(input), wanted, setup_);
}

namespace {

/// The terms about labels, of these samples alone.
at::Tensor loss_of_labels(const losses::Objective& objective, const Question& q,
                          tensor::Target target, const std::vector<int64_t>& chosen,
                          NamedScalars& parts) {
  const at::Tensor samples = at::tensor(chosen, at::kLong);
  tensor::Input input = q.pass.input;
  input.image = picked(input.image, samples);
  input.present = picked(input.present, samples);
  target.classes = picked(target.classes, samples);
  target.share = picked(target.share, samples);
  target.image = picked(target.image, samples);
  const tensor::Output output = picked(q.pass.output, samples);
  tensor::Output teacher;
  if (q.teacher) teacher = picked(*q.teacher, samples);
  return objective.value(evidence_of(q, input, output, q.teacher ? &teacher : nullptr, target),
                         &parts, [](const losses::Term& term) { return term.needs_target; });
}

/// The same for samples that count differently: those of one weight are a batch of their own, and
/// each adds its share of the samples times its weight.
at::Tensor weighted_loss_of_labels(const losses::Objective& objective, const Question& q,
                                   const tensor::Target& target,
                                   const std::vector<int64_t>& labelled, NamedScalars& parts) {
  std::map<double, std::vector<int64_t>> alike;
  for (const int64_t n : labelled) alike[q.batch.weights[static_cast<size_t>(n)]].push_back(n);
  at::Tensor sum;
  std::map<std::string, at::Tensor> totals;
  for (const auto& [weight, samples] : alike) {
    const double share =
        weight * static_cast<double>(samples.size()) / static_cast<double>(labelled.size());
    NamedScalars own;
    const at::Tensor value = loss_of_labels(objective, q, target, samples, own);
    if (!value.defined()) continue;
    sum = sum.defined() ? sum + share * value : share * value;
    for (const auto& [name, part] : own) {
      at::Tensor& total = totals[name];
      total = total.defined() ? total + share * part : share * part;
    }
  }
  parts.insert(parts.end(), totals.begin(), totals.end());
  return sum;
}

}  // namespace

at::Tensor loss_of(const losses::Objective& objective, const Question& q, const Setup& setup,
                   NamedScalars& parts) {
  tensor::Target target = q.batch.target;
  if (!setup.made_channels.empty()) target.image = images_of(q.batch, setup.made_channels);
  std::vector<int64_t> labelled = q.batch.labelled;
  const bool weighted = !q.batch.weights.empty() && objective.needs_target();
  if (weighted && labelled.empty() && has_target(target)) {
    labelled.resize(q.batch.cases.size());
    std::iota(labelled.begin(), labelled.end(), 0);
  }
  if (labelled.empty() && (has_target(target) || !objective.needs_target()))
    return objective.value(evidence_of(q, q.pass.input, q.pass.output, q.teacher, target), &parts);
  const auto about_others = [](const losses::Term& term) { return !term.needs_target; };
  at::Tensor sum = objective.value(evidence_of(q, q.pass.input, q.pass.output, q.teacher, target),
                                   &parts, about_others);
  if (labelled.empty()) return sum;
  const at::Tensor from_labels =
      weighted ? weighted_loss_of_labels(objective, q, target, labelled, parts)
               : loss_of_labels(objective, q, target, labelled, parts);
  if (!sum.defined()) return from_labels;
  return from_labels.defined() ? sum + from_labels : sum;
}

}  // namespace kdseg::methods
