// A trained network: its forward passes, what its loss terms say of them, its updates.
#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "losses/objective.h"
#include "methods/finite_report.h"
#include "methods/setup.h"
#include "methods/updates.h"

namespace kdseg::methods {

/// What a network saw and gave.
struct Pass {
  tensor::Input input;  ///< without noise, which lives as long as the pass is made
  tensor::Output output;
};

/// One forward pass under autocast. `input` carries images, and the noise where there is dropout.
Pass pass_of(const models::Model& model, tensor::Input input, std::span<const std::string> wanted,
             const Setup& setup);

class Learner {
 public:
  /// `masks`: names the network's dropout among the random numbers of a step.
  /// \throws UsageError  random subsets are asked for and the network cannot take them
  Learner(const Trained& trained, const Setup& setup, std::string masks);

  const std::string& name() const { return trained_.name; }
  const models::Model& model() const { return trained_.model; }

  /// A pass over images [N, C, ...] of its channels; with dropout, and on random subsets where the
  /// setup says so, when `training`. `where` tells passes of one step apart, `domain` is that of
  /// the images.
  Pass forward(const at::Tensor& images, std::span<const std::string> wanted, const StepInfo& info,
               bool training, const std::string& where = "", int64_t domain = 0) const;

  /// One backward pass where there is a root, and an update as often as the regimen says.
  void update(const std::vector<at::Tensor>& roots, const std::vector<at::Tensor>& gradients,
              const StepInfo& info) {
    updates_.update(roots, gradients, info);
  }
  Updates& updates() { return updates_; }

  Part part() const { return updates_.part(name()); }
  std::span<const at::Tensor> weights() const { return weights_; }

 private:
  Trained trained_;
  const Setup& setup_;
  std::string masks_;
  std::vector<at::Tensor> weights_;  ///< of the convolutions
  Updates updates_;
};

/// What a loss is asked about.
struct Question {
  const models::Model& model;
  std::span<const at::Tensor> weights;  ///< of its convolutions
  const Pass& pass;
  const tensor::Batch& batch;
  const tensor::Output* teacher = nullptr;
  const StepInfo& info;
};

/// The objective's value. Terms about labels look at the labelled samples alone, and are left out
/// where there are none; undefined where no term is left. `parts` receives the terms' values.
at::Tensor loss_of(const losses::Objective& objective, const Question& question, const Setup& setup,
                   NamedScalars& parts);

}  // namespace kdseg::methods
