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

/// How initialize() fills convolutions.
enum class InitialWeights {
  normal,            ///< from N(0, 2 / fan-in)
  truncated_normal,  ///< redrawn until it lies within two standard deviations
  normal_0_02,       ///< from N(0, 0.02^2)
  uniform,           ///< within 1 / sqrt(fan-in), biases too: PyTorch's default
};

class Network {
 public:
  virtual ~Network() = default;
  virtual torch::nn::Module& module() = 0;
  virtual std::shared_ptr<torch::nn::Module> shared_module() = 0;
  /// Dropout is active exactly when input.noise is set, whatever train()/eval() say.
  /// `wanted` names entries of extras() to return in Output::extra. A meta image gives meta
  /// tensors: nothing is computed (see macs_of).
  virtual tensor::Output forward(const tensor::Input& input,
                                 std::span<const std::string> wanted = {}) = 0;
  virtual std::vector<std::string> extras() const { return {}; }
  /// Axes of what it takes: 3, volumes [N, C, D, H, W]; 2, slices [N, C, H, W].
  virtual int64_t dimensions() const { return 3; }
  virtual int64_t size_multiple() const = 0;  ///< every side of the input is a multiple of this
  virtual int64_t minimum_size() const { return size_multiple(); }
  virtual bool has_dropout() const { return false; }
  /// Whether channels may be withheld through Input::present. What a withheld channel holds, even
  /// if it is no number, does not change the output; other networks ignore Input::present.
  virtual bool takes_subsets() const { return false; }
  virtual InitialWeights initial_weights() const { return InitialWeights::normal; }
};

/// What some networks do besides.
class SumsSoftmax {
 public:
  virtual ~SumsSoftmax() = default;
  /// Adds the softmax over the classes of every sample's logits to `sum` [1, K, (D,) H, W], float32
  /// in memory. Where the last layer can, logits are never written.
  virtual void add_softmax(const tensor::Input& input, at::Tensor& sum) = 0;
};

struct Model {
  std::shared_ptr<Network> network;
  Contract contract;
  Section section;  ///< the resolved [network.NAME] section it was built from
};

}  // namespace kdseg::models
