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

/// A module that a method works with.
struct Part {
  std::string name;
  std::shared_ptr<torch::nn::Module> module;
  optim::Optimizer* optimizer = nullptr;  ///< null: not trained by gradients
  bool saved = true;                      ///< in the run state; a frozen module is not
  int64_t accumulate = 1;                 ///< steps whose gradients make one update
};

/// What is validated, selected and written: the mean of its members' probabilities.
struct Candidate {
  struct Member {
    std::string name;
    const models::Model* model = nullptr;
  };
  std::string name;
  std::vector<Member> members;
  bool chosen = false;  ///< what a run's score, its plateau rule and predictions go by
};

using Report = std::map<std::string, double>;  ///< losses and counts of one step, for the history
using Logits = std::map<std::string, at::Tensor>;  ///< by the name of a candidate's member

/// What a stream gives to an iteration.
struct Shape {
  std::array<int64_t, 3> size{};  ///< x, y, z voxels of a sample; z is 1 for slices
  int64_t batch = 1;
};
using Shapes = std::map<std::string, Shape>;  ///< by stream

struct StepInfo {
  int64_t step = 0, steps = 1;  ///< global step and length of the run
  int64_t epoch = 0, epochs = 1;
  double plateau_scale = 1;  ///< what the plateau rule has left of every learning rate
  uint64_t seed = 0;
};

class Method {
 public:
  virtual ~Method() = default;
  /// The streams that a step draws from.
  virtual std::vector<std::string> streams() const = 0;
  /// One iteration. \throws NonFinite  a loss is not finite (which, at which step)
  virtual Report step(const tensor::Draw& draw, const StepInfo& info) = 0;
  /// The losses of the candidates' members on labelled cases with nothing changed and dropout off,
  /// "loss" their sum. `logits` receives the members' outputs where it is not null, so that scores
  /// need no second forward pass.
  virtual Report validate(const tensor::Batch& batch, const StepInfo& info,
                          Logits* logits = nullptr) = 0;
  virtual std::vector<Part> parts() = 0;
  virtual std::vector<Candidate> candidates() const = 0;
  /// Networks that are written beside the candidates', as they are at the end.
  virtual std::vector<Candidate::Member> beside() const { return {}; }
  /// Multiply-accumulates of one step.
  virtual int64_t macs(const Shapes& shapes) const = 0;
  /// What a method keeps from step to step beside its parts, under `prefix`.
  virtual void save(io::Tree& /*tree*/, const std::string& /*prefix*/) const {}
  /// \throws DataError  it is missing or does not fit
  virtual void load(const io::Tree& /*tree*/, const std::string& /*prefix*/) {}
};

}  // namespace kdseg::methods
