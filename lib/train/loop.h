// The training loop: steps, epochs, validation, selection, saving, stopping in good order.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/progress.h"
#include "base/provenance.h"
#include "data/loader.h"
#include "io/run_state.h"
#include "methods/method.h"
#include "train/state.h"
#include "train/validation.h"

namespace kdseg::train {

struct LoopOptions {
  int64_t epochs = 1;
  int64_t validate_every = 1;
  bool select_best = true;
  double learning_rate = 0;  ///< of the student, for the history
  optim::Schedule schedule;  ///< base 1: scales every role's own rate
  optim::Plateau::Options plateau;
  double checkpoint_every_s = 300;
  data::LoaderOptions loader;
  int64_t batch = 1;
  uint64_t seed = 0;
  at::Device device = at::kCPU;
  std::string history;  ///< CSV to write after every epoch
  Identity identity;
  std::string recipe_ini;
  Provenance provenance;
};

/// Runs a method over its cases. After run() the candidate's network holds the selected
/// parameters and scores() what they reached.
class Loop {
 public:
  Loop(methods::Method& method, data::CaseStore& training, Validation& validation,
       io::RunDirectory& directory, LoopOptions options);

  /// Continues from a saved state. \throws DataError  it does not fit
  void resume(const io::Tree& saved);

  /// \throws Stopped  a signal or the deadline came; the state is saved
  void run();

  const methods::Report& scores() const { return state_.best; }

 private:
  using Clock = std::chrono::steady_clock;

  methods::StepInfo info() const;
  void one_step(data::Loader& loader);
  void close_epoch();
  void take_if_best(const Scores& scores);
  History::Row epoch_row(const std::optional<Scores>& scores, double validation_s);
  void save();
  void stop_if_requested();
  torch::nn::Module& candidate() const;

  methods::Method& method_;
  data::CaseStore& training_;
  Validation& validation_;
  io::RunDirectory& directory_;
  LoopOptions options_;
  data::Sampler sampler_;
  int64_t steps_;
  RunState state_;
  Clock::time_point saved_at_ = Clock::now();
  std::unique_ptr<Progress> progress_;
};

}  // namespace kdseg::train
