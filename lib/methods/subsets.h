// Training on random subsets of a network's images.
#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

#include "base/random.h"
#include "methods/setup.h"

namespace kdseg::methods {

/// A size uniform in 1 .. images, then a uniform subset of that size: true where an image is given.
/// Source: the code of Dorent et al. 2019, arXiv:1907.11150.
std::vector<bool> draw_subset(int64_t images, Random& random);

/// tensor::Input::present of a step, [batch, images] on the CPU, from streams named by seed, step
/// and sample: the same in a continued run. Undefined where `setup` does not ask for subsets.
at::Tensor present_of_step(const Setup& setup, const models::Model& model, const StepInfo& info,
                           int64_t batch);

/// \throws UsageError  `setup` asks for subsets and the model cannot take them
void require_subsets_taken(const Setup& setup, const models::Model& model);

/// Encoders that a step did not run get gradients of 0 instead of none, so that the optimizer's
/// moments still move them, as in the code of Dorent et al. 2019.
void zero_missing_gradients(torch::nn::Module& module);

/// Weights of the convolutions, for losses::Evidence::weights.
std::vector<at::Tensor> convolution_weights(const torch::nn::Module& module);

}  // namespace kdseg::methods
