// L2 penalty on convolution weights as a term of the loss.
#pragma once
#include <ATen/core/Tensor.h>

#include <span>

namespace kdseg::losses {

struct TermRow;

struct WeightPenaltyOptions {
  double coefficient = 1e-5;  ///< >= 0
  bool sum = false;           ///< over the tensors, instead of their mean
};

/// coefficient / 2 times the mean (or sum) over the tensors of their sum of squares.
/// \return scalar, >= 0, at least float32; \throws DataError  no tensor
/// Source: the code of Dorent et al. 2019, arXiv:1907.11150, whose mean over tensors makes the
/// penalty that many times smaller than its coefficient says.
at::Tensor weight_penalty(std::span<const at::Tensor> weights,
                          const WeightPenaltyOptions& options = {});

/// The term `weight-penalty`: over the convolution weights of the trained network; norms are free.
TermRow weight_penalty_row();

}  // namespace kdseg::losses
