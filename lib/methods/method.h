// One training iteration of each procedure: all updates in the paper's order.
#pragma once
#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "io/tree.h"
#include "models/network.h"
#include "optim/optimizer.h"
#include "tensor/types.h"

namespace kdseg::methods {

/// A trained part: saved in the run state, resumed, described.
struct Role {
  std::string name;
  std::shared_ptr<torch::nn::Module> module;
  optim::Adam* optimizer = nullptr;  ///< null: frozen, not saved
};

/// What is validated, selected and written.
struct Candidate {
  std::string name;
  std::vector<const models::Model*> members;
};

using Report = std::map<std::string, double>;  ///< losses and counts of one step, for the history

struct StepInfo {
  int64_t step = 0, steps = 1;  ///< global step and length of the run
  int64_t epoch = 0, epochs = 1;
  double learning_rate_scale = 1;  ///< what warmup, decay and the plateau rule leave of it
  uint64_t seed = 0;
};

class Method {
 public:
  virtual ~Method() = default;
  virtual std::vector<std::string> streams() const = 0;
  /// One iteration. \throws NonFinite  a loss is not finite (which, at which step)
  virtual Report step(const tensor::Draw& draw, const StepInfo& info) = 0;
  /// The losses of the validated network with nothing changed and dropout off. `logits` receives
  /// the network's output where it is not null, so that scores need no second forward pass.
  virtual Report validate(const tensor::Draw& draw, const StepInfo& info,
                          at::Tensor* logits = nullptr) = 0;
  virtual std::vector<Role> roles() = 0;
  virtual std::vector<Candidate> candidates() const = 0;
  /// Multiply-accumulates of one step on one case of this size (x, y, z).
  virtual int64_t macs(std::array<int64_t, 3> size) const = 0;
};

}  // namespace kdseg::methods
