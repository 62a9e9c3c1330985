// Networks whose logits are a convolution of their last maps.
#pragma once
#include "models/layers/convolution.h"
#include "models/network.h"

namespace kdseg::models {

/// forward() is features(), then head(): a network says what its features are.
class FeaturesAndHead : public Network, public SumsSoftmax {
 public:
  tensor::Output forward(const tensor::Input& input, std::span<const std::string> wanted) override {
    const Context context = begin(input, wanted);
    tensor::Output output;
    output.logits =
        head(context).forward(features(input, context, wanted, output.extra), context).tensor();
    return output;
  }
  void add_softmax(const tensor::Input& input, at::Tensor& sum) override {
    const Context context = begin(input, {});
    tensor::Bag none;
    head(context).add_softmax(features(input, context, {}, none), sum, context);
  }

 protected:
  /// Checks what it is given (see check_input) and says how layers are to run.
  virtual Context begin(const tensor::Input& input, std::span<const std::string> wanted) const = 0;
  /// The last maps; of extras() those `wanted` go into `extra`.
  virtual Maps features(const tensor::Input& input, const Context& context,
                        std::span<const std::string> wanted, tensor::Bag& extra) const = 0;
  virtual const Convolution& head(const Context& context) const = 0;
};

}  // namespace kdseg::models
