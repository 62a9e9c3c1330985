// Adam and AdamW over all tensors of a module at once, and learning-rate schedules.
#pragma once
#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "base/parameters.h"
#include "io/tree.h"

namespace torch::nn {
class Module;  // <torch/nn/module.h> costs ten seconds a file: included only where modules are
               // opened
}

namespace kdseg::optim {

struct AdamOptions {
  double learning_rate = 2e-4, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
  double weight_decay = 0;  ///< decoupled for AdamW, added to the gradient for Adam
  bool decoupled = false;   ///< AdamW
};

/// Moments in the order of module.parameters(). A parameter without gradient is left as it is.
class Adam {
 public:
  Adam(const torch::nn::Module& module, AdamOptions options);
  void zero_grad();                 ///< sets gradients to none
  void step(double learning_rate);  ///< one update of every parameter with a gradient
  /// Gradient scaler support for fp16: false when some gradient is not finite.
  bool gradients_finite() const;
  const AdamOptions& options() const { return options_; }

  /// Moments and step counts under `prefix`/{first,second,steps}/<parameter>.
  void save(io::Tree& tree, const std::string& prefix) const;
  /// \throws DataError  a part is missing or has another shape
  void load(const io::Tree& tree, const std::string& prefix);

 private:
  AdamOptions options_;
  std::vector<std::string> names_;
  std::vector<at::Tensor> parameters_, first_, second_, steps_;
};

/// Learning rate as a function of the step, times what the plateau rule has left of it.
struct Schedule {
  double base = 2e-4;
  double warmup_fraction = 0;      ///< of all steps, linear from 0
  double decay_from_fraction = 1;  ///< linear to 0 from here to the end; 1: constant
  int64_t step_decay_every = 0;    ///< steps; 0: never
  double step_decay_factor = 1;    ///< what every such interval leaves of the rate
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
