// Parameter holders under the names of a PyTorch state_dict, and the table of a network's layers.
#pragma once
#include <torch/nn/module.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace kdseg::models {

/// A weight and, where it has one, a bias: a convolution or an affine norm. It computes nothing;
/// networks hand its tensors to the functions of convolution.h and normalization.h.
struct Layer : torch::nn::Module {
  at::Tensor weight, bias;  ///< bias undefined where there is none
};

/// Convolution parameters [out, in, k, k, k], zero until initialize() or a checkpoint fills them.
std::shared_ptr<Layer> make_convolution(int64_t in, int64_t out, int64_t kernel, bool bias);
/// Affine parameters [channels] of a norm.
std::shared_ptr<Layer> make_norm(int64_t channels);

/// One convolution as it lies in a network: for counting work and for descriptions.
struct LayerShape {
  std::string name;
  int64_t in = 0, out = 0, kernel = 0;
  std::array<int64_t, 3> size{};  ///< of the output, in the order of the size asked about
  int64_t macs() const;           ///< multiply-accumulates for a batch of one
};

int64_t total_macs(const std::vector<LayerShape>& layers);
/// Trainable numbers of a module.
int64_t parameter_count(const torch::nn::Module& module);

}  // namespace kdseg::models
