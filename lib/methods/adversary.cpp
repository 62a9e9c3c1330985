#include "methods/adversary.h"

#include <ATen/TensorOperators.h>
#include <c10/util/Exception.h>
#include <fmt/ranges.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/module.h>

#include <algorithm>

#include "losses/adversarial.h"
#include "tensor/device.h"

namespace kdseg::methods {
namespace {

const std::vector<Parameter>& declared() {
  using Kind = Parameter::Kind;
  static const std::vector<Parameter> rows{
      {"network",
       Kind::text,
       "hierarchical-discriminator",
       "discriminator (--list networks names them)",
       -1e300,
       1e300,
       {}},
      {"weight",
       Kind::number,
       "0.2",
       "of the adversarial term in the student's loss (HAD-Net); 0: no adversary",
       0,
       1e6,
       {}},
      {"update-below-accuracy",
       Kind::number,
       "0.8",
       "the discriminator learns while its accuracy is at most this (HAD-Net, official code)",
       0,
       1,
       {}},
      {"learning-rate", Kind::number, "2e-4", "of the discriminator (HAD-Net)", 0, 10, {}},
      {"betas", Kind::numbers, "0.5 0.999", "of the discriminator's Adam (HAD-Net)", 0, 1, {}},
  };
  return rows;
}

void require_alike(const at::Tensor& teacher, const at::Tensor& student, const std::string& name) {
  if (teacher.sizes() != student.sizes())
    throw DataError(
        "the teacher's {} are [{}], the student's [{}]: the discriminator compares networks of one "
        "width (--width)",
        name, fmt::join(teacher.sizes(), ", "), fmt::join(student.sizes(), ", "));
}

at::Tensor leaf_of(const at::Tensor& map) { return map.detach().requires_grad_(true); }

}  // namespace

std::span<const Parameter> adversary_parameters() { return declared(); }

Adversary::Adversary(const Section& section, int64_t image_channels, int64_t classes,
                     at::Device device, at::ScalarType compute, at::ScalarType type, uint64_t seed)
    : device_(device), compute_(compute) {
  Section own{section.kind, section.name, section.where, {}};
  Section network{"network", "", section.where, {}};
  for (const auto& setting : section.settings) {
    const bool mine = std::any_of(declared().begin(), declared().end(),
                                  [&](const Parameter& p) { return p.name == setting.key; });
    (mine ? own : network).settings.push_back(setting);
  }
  const Parameters values(declared(), own);
  network.name = values.text("network");
  weight_ = values.number("weight");
  threshold_ = values.number("update-below-accuracy");
  const auto betas = values.numbers("betas");
  if (betas.size() != 2)
    throw UsageError("{}: betas has {} values in [adversary], expected 2", section.where,
                     betas.size());
  discriminator_ = models::make_discriminator(network, image_channels, classes);
  models::initialize(*discriminator_, seed);
  discriminator_->module()->to(device, type);
  needs_ = discriminator_->needs();
  optim::Options options;
  options.learning_rate = values.number("learning-rate");
  options.beta1 = betas[0];
  options.beta2 = betas[1];
  optimizer_ = optim::make_optimizer(*discriminator_->module(), options);
}

at::Tensor Adversary::score(const at::Tensor& images, const tensor::Output& output) {
  const tensor::Autocast cast(device_, compute_);
  try {
    return discriminator_->forward(images, output);
  } catch (const c10::Error& e) {
    const std::string text = e.what_without_backtrace();
    if (text.find("expected input") == std::string::npos) throw;
    throw UsageError(
        "[adversary]: the discriminator does not fit the networks' maps; is its width "
        "theirs? ({})",
        text.substr(0, text.find('\n')));
  }
}

Adversary::Judgement Adversary::judge(const at::Tensor& images, const tensor::Output& student) {
  Judgement judgement;
  tensor::Output leaves;
  leaves.logits = leaf_of(student.logits);
  judgement.maps.push_back(student.logits);
  std::vector<at::Tensor> inputs{leaves.logits};
  for (const auto& name : needs_) {
    judgement.maps.push_back(student.extra.get(name));
    inputs.push_back(leaf_of(judgement.maps.back()));
    leaves.extra.set(name, inputs.back());
  }
  judgement.scores = score(images, leaves);
  const at::Tensor value = losses::adversarial_term(judgement.scores);
  // Asking for the maps alone leaves the discriminator's parameter gradients uncomputed; the graph
  // is kept for its own update.
  judgement.gradients = torch::autograd::grad({value * weight_}, inputs, /*grad_outputs=*/{},
                                              /*retain_graph=*/true);
  judgement.adversarial = value.detach();
  return judgement;
}

Adversary::Lesson Adversary::compare(const at::Tensor& images, const tensor::Output& teacher,
                                     const Judgement& judgement) {
  require_alike(teacher.logits, judgement.maps[0], "logits");
  for (size_t i = 0; i < needs_.size(); ++i)
    require_alike(teacher.extra.get(needs_[i]), judgement.maps[i + 1], needs_[i]);
  const at::Tensor real = score(images, teacher);
  return {losses::discriminator_loss(real, judgement.scores),
          losses::discriminator_accuracy(real, judgement.scores)};
}

bool Adversary::learn(const Lesson& lesson, double learning_rate_scale) {
  if (!(lesson.accuracy <= threshold_)) return false;
  optimizer_->zero_grad();
  torch::autograd::backward({lesson.loss}, /*grad_tensors=*/{}, /*retain_graph=*/false,
                            /*create_graph=*/false, discriminator_->module()->parameters());
  optimizer_->step(optimizer_->options().learning_rate * learning_rate_scale);
  return true;
}

}  // namespace kdseg::methods
