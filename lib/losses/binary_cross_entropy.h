// One-against-the-rest cross-entropy of class probabilities with labels.
#pragma once
#include <ATen/core/Tensor.h>

#include "losses/objective.h"

namespace kdseg::losses {

/// Mean over samples, channels and voxels of -(t ln p + (1 - t) ln (1 - p)), logarithms no lower
/// than -100. On softmax outputs this is not the categorical cross-entropy: each channel is judged
/// as a class against the rest. Source: KD-Net, Hu et al. 2020, arXiv:2106.09564.
///
/// \param probability  [N, K, ...] in [0, 1]; half types are widened to float32
/// \param target       same shape, [0, 1]
/// \return             scalar, >= 0, float32 (float64 for float64 probabilities)
/// \throws DataError   shapes differ (both stated)
at::Tensor binary_cross_entropy(const at::Tensor& probability, const at::Tensor& target);

struct BinaryCrossEntropyOptions {
  double background = 1;     ///< factor of (1 - t) ln (1 - p)
  bool per_voxel = false;    ///< the sum over channels, mean over the rest
  bool from_logits = false;  ///< sigmoids of the logits, from log-sigmoid: finite gradients always
};

/// The same of probabilities, or with `from_logits` of the sigmoids of `maps`, where logarithms
/// have no least value. \param maps  [N, K, ...]: probabilities or logits
at::Tensor binary_cross_entropy(const at::Tensor& maps, const at::Tensor& target,
                                const BinaryCrossEntropyOptions& options);

TermRow binary_cross_entropy_row();

}  // namespace kdseg::losses
