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
  /// Multiply-accumulates of one forward pass on a volume of this size (x, y, z).
  virtual int64_t macs(std::array<int64_t, 3> size) const = 0;
};

struct Model {
  std::shared_ptr<Network> network;
  Contract contract;
  Section section;  ///< the resolved [network.NAME] section it was built from
};

}  // namespace kdseg::models
