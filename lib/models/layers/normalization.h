// Norms with the LeakyReLU behind them, and what follows a convolution most often: both.
#pragma once
#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

#include "models/layers/convolution.h"

namespace kdseg::models {

struct InstanceNormShape {
  int64_t channels = 0;
  double slope = 1;  ///< of the LeakyReLU behind it; 0: ReLU, 1: none
  bool affine = true;
  double epsilon = 1e-5;
};

/// Every map of every sample to mean 0 and variance 1 (population), then scale and shift, then
/// LeakyReLU. Parameters weight and bias [channels], where it is affine. float32 for half types.
/// Source: Ulyanov et al. 2016, arXiv:1607.08022.
class InstanceNorm : public torch::nn::Module {
 public:
  explicit InstanceNorm(const InstanceNormShape& shape);

  Maps forward(const Maps& x, const Context& context) const;
  /// Of a sum of convolutions; whoever reads the maps next may norm them as it reads.
  Maps forward(const std::vector<Summand>& summands, const Context& context) const;

  at::Tensor weight, bias;

 private:
  InstanceNormShape shape_;
};

struct BatchNormShape {
  int64_t channels = 0;
  double slope = 0;       ///< of the LeakyReLU behind it; 0: ReLU, 1: none
  double momentum = 0.1;  ///< share of a batch in what is gathered
  double epsilon = 1e-5;
};

/// Every channel to the mean 0 and variance 1 of the batch or of what was gathered (see
/// tensor::Statistics), then scale and shift, then LeakyReLU. Parameters weight and bias, buffers
/// running_mean and running_var [channels]; what is gathered is the unbiased variance. float32 for
/// half types. Source: Ioffe & Szegedy 2015, arXiv:1502.03167.
class BatchNorm : public torch::nn::Module {
 public:
  explicit BatchNorm(const BatchNormShape& shape);
  Maps forward(const Maps& x, const Context& context) const;

  at::Tensor weight, bias, running_mean, running_var;

 private:
  BatchNormShape shape_;
};

struct GroupNormShape {
  int64_t channels = 0, groups = 8;
  double slope = 0;  ///< of the LeakyReLU behind it; 0: ReLU, 1: none
  double epsilon = 1e-5;
};

/// Every group of channels of every sample to mean 0 and variance 1, then scale and shift, then
/// LeakyReLU. Parameters weight and bias [channels]. float32 for half types.
/// Source: Wu & He 2018, arXiv:1803.08494.
class GroupNorm : public torch::nn::Module {
 public:
  explicit GroupNorm(const GroupNormShape& shape);
  Maps forward(const Maps& x, const Context& context) const;

  at::Tensor weight, bias;

 private:
  GroupNormShape shape_;
};

struct UnitShape {
  int64_t in = 0, out = 0;
  double slope = 0.01;
  bool affine = true;
  std::string norm_name = "norm";  ///< of its parameters in a state_dict
  int64_t kernel = 3;
  bool bias = true;  ///< of the convolution
  int64_t dimensions = 3;
};

/// Convolution, instance norm, LeakyReLU: what most networks here are made of.
class Unit : public torch::nn::Module {
 public:
  explicit Unit(const UnitShape& shape);
  Maps forward(const Maps& x, const Context& context) const {
    return norm->forward({{*conv, x}}, context);
  }
  std::shared_ptr<Convolution> conv;
  std::shared_ptr<InstanceNorm> norm;
};

}  // namespace kdseg::models
