// How a learning rate changes over a run: by the step, and by what validation says.
#pragma once
#include <cstdint>
#include <string>

#include "io/tree.h"

namespace kdseg::optim {

/// What is left of a learning rate, as a function of the step.
struct Schedule {
  double base = 1;
  double warmup_fraction = 0;      ///< of all steps, linear from 0
  double decay_from_fraction = 1;  ///< falls to 0 from here to the end; 1: constant
  int64_t step_decay_every = 0;    ///< steps; 0: never
  double step_decay_factor = 1;    ///< what every such interval leaves of the rate
  int64_t stages = 0;              ///< equal parts of the run with such a cut between; 0: none
  double decay_power = 1;          ///< of the fall to 0: 1 is linear, 0.9 the usual "poly"
  double at(int64_t step, int64_t steps) const;
};

/// Cuts the rate when a metric stalls: an epoch improves when a metric that should grow exceeds
/// best * (1 + threshold), or one that should fall is below best * (1 - threshold); after more than
/// `patience` epochs in a row without, the rate is multiplied by `factor` and the count starts
/// again.
class Plateau {
 public:
  struct Options {
    bool on = true;
    double factor = 0.5;
    int64_t patience = 30;
    double threshold = 1e-4;
    bool falling = false;  ///< the metric should fall, as a loss does
    double least = 0;      ///< the scale is never cut below this
  };
  explicit Plateau(Options options) : options_(options) {}
  Plateau() = default;
  /// Feeds one epoch's validation metric; true when the rate was cut.
  bool update(double metric);
  double scale() const { return scale_; }
  void save(io::Tree& tree, const std::string& prefix) const;
  void load(const io::Tree& tree, const std::string& prefix);

 private:
  Options options_;
  double best_ = 0, scale_ = 1;
  bool started_ = false;
  int64_t bad_epochs_ = 0;
};

}  // namespace kdseg::optim
