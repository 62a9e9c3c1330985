// What losses over probabilities compare: the network's probabilities and the labels as shares.
#pragma once
#include <ATen/core/Tensor.h>

#include "base/contract.h"
#include "tensor/types.h"

namespace kdseg::losses {

/// Probabilities [N, K, ...] of logits of the same shape: softmax or sigmoid by head. Half types
/// are widened to float32.
at::Tensor probability_of(const at::Tensor& logits, const Head& head);

/// The target as shares [N, K, ...] in [0, 1] with the type and device of `like` [N, K, ...]:
/// Target::share where it is defined, else 1 for each channel whose classes hold the label and 0
/// for the others. No gradient.
/// \throws DataError  shapes that do not belong together (both stated), a label that is no class
at::Tensor shares_of(const tensor::Target& target, const Head& head, const at::Tensor& like);

}  // namespace kdseg::losses
