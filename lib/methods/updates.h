// How a module's parameters move: gradients of some iterations, then one update.
#pragma once
#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "methods/setup.h"

namespace kdseg::methods {

class Updates {
 public:
  /// `idle_move`: parameters without a gradient get one of 0, so that their moments still move
  /// them.
  Updates(std::shared_ptr<torch::nn::Module> module, const Regimen& regimen,
          bool idle_move = false);

  /// Before an iteration's backward pass.
  void begin(const StepInfo& info);
  /// What an iteration's loss is multiplied by before its backward pass.
  double share() const { return 1.0 / static_cast<double>(regimen_.accumulate); }
  /// After it: an update where the regimen wants one.
  void finish(const StepInfo& info);

  /// One backward pass where there is a root, between the two.
  void update(const std::vector<at::Tensor>& roots, const std::vector<at::Tensor>& gradients,
              const StepInfo& info);

  optim::Optimizer& optimizer() const { return *optimizer_; }
  Part part(const std::string& name) const;

 private:
  std::shared_ptr<torch::nn::Module> module_;
  Regimen regimen_;
  bool idle_move_;
  std::unique_ptr<optim::Optimizer> optimizer_;
};

}  // namespace kdseg::methods
