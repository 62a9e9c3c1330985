// Optimizers over all tensors of a module at once, by name.
#pragma once
#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/tree.h"

namespace torch::nn {
class Module;  // <torch/nn/module.h> costs ten seconds a file: included only where modules are
               // opened
}

namespace kdseg::optim {

struct Options {
  std::string name = "adam";  ///< a row of optimizers()
  double learning_rate = 2e-4;
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;  ///< of adam and adamw
  bool amsgrad = false;                               ///< of adam and adamw
  double momentum = 0.9;                              ///< of sgd
  bool nesterov = false;                              ///< of sgd
  double weight_decay = 0;  ///< decoupled for adamw, added to the gradient otherwise
};

/// Its state lies in the order of module.parameters(). A parameter without gradient is left as it
/// is.
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  void zero_grad();                 ///< sets gradients to none
  void step(double learning_rate);  ///< one update of every parameter with a gradient
  /// Scales all gradients so that their common L2 norm is at most `limit`. Source: Pascanu et al.
  /// 2013, arXiv:1211.5063. \return the norm before
  double clip_gradients(double limit);
  const Options& options() const { return options_; }

  /// State under `prefix`/<slot>/<parameter>; gradients that wait for an update among it, where
  /// `gradients` asks for them.
  void save(io::Tree& tree, const std::string& prefix, bool gradients = false) const;
  /// \throws DataError  a part is missing or has another shape
  void load(const io::Tree& tree, const std::string& prefix);

 protected:
  /// Tensors that every parameter has one of, by name.
  struct Slot {
    std::string name;
    std::vector<at::Tensor> values;
  };
  /// `shaped`: slots of the parameters' shapes, all 0; `scalar`: of one number.
  Optimizer(const torch::nn::Module& module, Options options,
            const std::vector<std::string>& shaped, const std::vector<std::string>& scalar);

  /// The parameters that have a gradient, each gradient in its parameter's layout, and their slots
  /// in the order of the constructor.
  struct Pending {
    std::vector<at::Tensor> parameters, gradients;
    std::vector<std::vector<at::Tensor>> slots;
  };
  virtual void update(const Pending& pending, double learning_rate) = 0;

 private:
  Options options_;
  std::vector<std::string> names_;
  std::vector<at::Tensor> parameters_;
  std::vector<Slot> slots_;
};

struct OptimizerRow {
  std::string name, summary, source;
  /// The rate where none is given; 0: there must be one.
  double learning_rate;
  std::function<std::unique_ptr<Optimizer>(const torch::nn::Module&, const Options&)> build;
};

const std::vector<OptimizerRow>& optimizers();

/// \throws UsageError  unknown name (nearest named)
const OptimizerRow& optimizer_row(const std::string& name);
std::unique_ptr<Optimizer> make_optimizer(const torch::nn::Module& module, const Options& options);

}  // namespace kdseg::optim
