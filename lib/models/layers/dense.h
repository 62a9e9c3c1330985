// Fully connected layers.
#pragma once
#include <torch/nn/module.h>

#include <cstdint>

namespace kdseg::models {

/// x [N, in] -> [N, out]. Parameters weight [out, in] and bias [out], zero until initialize() or a
/// checkpoint fills them. Meta tensors give meta tensors.
class Dense : public torch::nn::Module {
 public:
  Dense(int64_t in, int64_t out);
  at::Tensor forward(const at::Tensor& x) const;

  at::Tensor weight, bias;
};

}  // namespace kdseg::models
