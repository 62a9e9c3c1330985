// Where a run stands, and its way into and out of a run-state file.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "io/run_state.h"
#include "methods/method.h"
#include "optim/schedule.h"
#include "train/history.h"
#include "train/identity.h"

namespace kdseg::train {

/// What a candidate has reached, and by which parameters.
struct Best {
  methods::Report scores;              ///< "score" and "epoch" among them
  std::map<std::string, io::Tree> of;  ///< by member: /parameters/..., /buffers/...
};

/// Everything of a run but what the method's parts hold.
struct RunState {
  int64_t step = 0;                       ///< steps done
  int64_t closed_epochs = 0;              ///< epochs validated and entered into the history
  methods::Report sums;                   ///< of this epoch's losses
  int64_t summed = 0;                     ///< steps in `sums`
  std::map<std::string, double> seconds;  ///< of this epoch: waiting, transfer, step
  std::map<std::string, Best> best;       ///< by candidate
  optim::Plateau plateau;
  MovingAverage average;  ///< of the validation score
  History history;
};

/// The file's content: state, the method's parts and own state, recipes by stream, and who the run
/// is.
io::Tree to_tree(const RunState& state, methods::Method& method, const Identity& identity,
                 const std::map<std::string, std::string>& recipes);

/// All of it back into `method` and `state`, whose plateau keeps its options.
/// \throws DataError  something is missing or does not fit
void from_tree(const io::Tree& tree, RunState& state, methods::Method& method);

/// Whether this program's to_tree() wrote it.
bool has_this_layout(const io::Tree& tree);
Identity identity_in(const io::Tree& tree);
std::string recipe_in(const io::Tree& tree, const std::string& stream);

}  // namespace kdseg::train
