// Cross-entropy of logits against class labels, classes weighted.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

namespace kdseg::losses {

/// Weighted mean sum_v w[y_v] nll_v / sum_v w[y_v] over all voxels of the batch, in nats.
///
/// \param logits   [N, K, ...], K >= 2, floating point; half types are widened to float32
/// \param classes  [N, ...] int64, 0 .. K-1
/// \param weights  K non-negative numbers; empty: all 1
/// \return         scalar, >= 0, float32 (float64 for float64 logits)
/// \throws DataError  shapes that do not belong together (both stated), another number of weights,
///                    a class outside 0 .. K-1
at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& classes,
                         std::span<const double> weights);

/// The same against soft labels: sum_v sum_k w_k s_vk nll_vk / sum_v sum_k w_k s_vk. Equal to the
/// above, and so are its gradients, where every voxel has one share of 1.
///
/// \param share  [N, K, ...] in [0, 1], type and device of the logits (float32 for half types)
at::Tensor soft_cross_entropy(const at::Tensor& logits, const at::Tensor& share,
                              std::span<const double> weights);

/// How class weights shrink towards 1 during a run.
struct WeightDecay {
  double per_epoch = 1.0;  ///< factor, (0, 1]; 1: constant
  double to_one_at = 0.0;  ///< > 0: the factor is chosen so that the largest weight is 1 from
                           ///< this fraction of the run on
};

/// Weights of an epoch: each weight above 1 becomes max(1, w * factor^epoch).
/// Source: Vadacchino et al. 2021, arXiv:2103.16617; the factor 0.98 from the authors' code.
std::vector<double> decayed_weights(std::span<const double> initial, const WeightDecay& decay,
                                    int64_t epoch, int64_t epochs);

/// Weights from voxel counts per class (within the brain), class 0 the background: 1 for the
/// background, background voxels / class voxels for the others; 1 for a class without voxels.
std::vector<double> class_weights_from_counts(std::span<const int64_t> voxels);

}  // namespace kdseg::losses
