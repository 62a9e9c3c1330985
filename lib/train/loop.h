// The training loop: steps, epochs, validation, selection, saving, stopping in good order.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/provenance.h"
#include "data/loader.h"
#include "io/run_state.h"
#include "methods/method.h"
#include "train/state.h"
#include "train/validation.h"

namespace kdseg::train {

/// A stream ready to be drawn from.
struct Source {
  std::string name;
  data::CaseStore* cases = nullptr;
  data::Items items;
  data::Sampler sampler;
  data::LoaderOptions loading;  ///< without seed and steps
};

struct LoopOptions {
  int64_t epochs = 1;
  int64_t iterations_per_epoch = 1;
  int64_t validate_every = 1;
  bool select_best = true;
  double learning_rate = 0;  ///< of the first network, for the history
  optim::Schedule schedule;  ///< of that rate
  optim::Plateau::Options plateau;
  double checkpoint_every_s = 300;
  uint64_t seed = 0;
  at::Device device = at::kCPU;
  std::string history;  ///< CSV to write after every epoch
  Identity identity;
  std::map<std::string, std::string> recipes;  ///< fitted, by stream
  Provenance provenance;
  std::function<void()> after_epoch;  ///< for whoever shows how it goes; none: nobody
};

/// Runs a method over its streams. After run(), best() holds what every candidate has reached and
/// the parameters that did.
class Loop {
 public:
  Loop(methods::Method& method, std::vector<Source> sources, Validation& validation,
       io::RunDirectory& directory, LoopOptions options);

  /// Continues from a saved state. \throws DataError  it does not fit
  void resume(const io::Tree& saved);

  /// \throws Stopped  a signal or the deadline came; the state is saved
  void run();

  const std::map<std::string, Best>& best() const { return state_.best; }

 private:
  using Clock = std::chrono::steady_clock;
  using Loaders = std::vector<std::unique_ptr<data::Loader>>;

  methods::StepInfo info() const;
  Loaders make_loaders();
  void one_step(Loaders& loaders);
  void close_epoch();
  void take_if_best(const methods::Candidate& candidate, const Scores& scores);
  History::Row epoch_row(const std::optional<Validation::Result>& result, double validation_s);
  void save();
  void stop_if_requested();

  methods::Method& method_;
  std::vector<Source> sources_;
  Validation& validation_;
  io::RunDirectory& directory_;
  LoopOptions options_;
  int64_t steps_;
  RunState state_;
  std::string chosen_;  ///< the candidate whose score the run goes by
  Clock::time_point saved_at_ = Clock::now();
  std::unique_ptr<Progress> progress_;
};

}  // namespace kdseg::train
