// Where a run stands, and its way into and out of a run-state file.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "io/run_state.h"
#include "methods/method.h"
#include "optim/optimizer.h"
#include "train/history.h"
#include "train/identity.h"

namespace kdseg::train {

/// Everything of a run but the parameters and moments, which the method's roles hold.
struct RunState {
  int64_t step = 0;                       ///< steps done
  int64_t closed_epochs = 0;              ///< epochs validated and entered into the history
  methods::Report sums;                   ///< of this epoch's losses
  int64_t summed = 0;                     ///< steps in `sums`
  std::map<std::string, double> seconds;  ///< of this epoch: waiting, transfer, step
  methods::Report best;                   ///< scores of the best epoch so far, "epoch" among them
  io::Tree best_parameters;               ///< under /best
  optim::Plateau plateau;
  MovingAverage average;  ///< of the validation score
  History history;
};

/// The file's content: state, roles, and who the run is.
io::Tree to_tree(const RunState& state, std::vector<methods::Role> roles, const Identity& identity,
                 const std::string& recipe_ini);

/// Parameters and moments of `roles`, and the state, out of a file. `state.plateau` keeps its
/// options. \throws DataError  something is missing or does not fit
void from_tree(const io::Tree& tree, RunState& state, std::vector<methods::Role> roles);

Identity identity_in(const io::Tree& tree);
std::string recipe_in(const io::Tree& tree);

}  // namespace kdseg::train
