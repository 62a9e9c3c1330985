// Networks behind one interface, and the model: a network with its contract.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/contract.h"
#include "base/parameters.h"
#include "tensor/types.h"

namespace torch::nn {
class Module;  // <torch/nn/module.h> costs ten seconds a file: included only where modules are
               // opened
}

namespace kdseg::models {

/// How initialize() fills convolutions: from N(0, 2 / fan-in), or from the same distribution
/// redrawn until it lies within two standard deviations.
enum class InitialWeights { normal, truncated_normal };

class Network {
 public:
  virtual ~Network() = default;
  virtual torch::nn::Module& module() = 0;
  virtual std::shared_ptr<torch::nn::Module> shared_module() = 0;
  /// Dropout is active exactly when input.noise is set, whatever train()/eval() say.
  /// `wanted` names entries of extras() to return in Output::extra.
  virtual tensor::Output forward(const tensor::Input& input,
                                 std::span<const std::string> wanted = {}) = 0;
  virtual std::vector<std::string> extras() const { return {}; }
  virtual int64_t size_multiple() const = 0;  ///< every side of the input is a multiple of this
  virtual int64_t minimum_size() const { return size_multiple(); }
  virtual bool has_dropout() const { return false; }
  /// Whether channels may be withheld through Input::present. What a withheld channel holds, even
  /// if it is no number, does not change the output; other networks ignore Input::present.
  virtual bool takes_subsets() const { return false; }
  virtual InitialWeights initial_weights() const { return InitialWeights::normal; }
  /// Multiply-accumulates of one forward pass on a volume of this size (x, y, z).
  virtual int64_t macs(std::array<int64_t, 3> size) const = 0;
  /// What `wanted` extras add to them.
  virtual int64_t extra_macs(std::span<const std::string> /*wanted*/,
                             std::array<int64_t, 3> /*size*/) const {
    return 0;
  }
};

struct Model {
  std::shared_ptr<Network> network;
  Contract contract;
  Section section;  ///< the resolved [network.NAME] section it was built from
};

}  // namespace kdseg::models
