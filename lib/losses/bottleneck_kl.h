// How far a student's deepest feature map is from its teacher's, as a divergence of distributions.
#pragma once
#include <ATen/core/Tensor.h>

#include "losses/objective.h"

namespace kdseg::losses {

/// How a feature map becomes a distribution; KD-Net says only "normalized".
enum class MapNorm {
  softmax,          ///< over all values of a sample
  l1,               ///< |z| + 1e-8 divided by its sum over the sample
  channel_softmax,  ///< over channels at each place; the divergence is averaged over places
  spatial_softmax,  ///< over places for each channel; averaged over channels
  minmax,           ///< (z - min) / (max - min) + 1e-8, divided by its sum over the sample
};

/// Kullback-Leibler divergence sum_j q_j ln(q_j / p_j) in nats, q the teacher's map and p the
/// student's, mean over samples. A sum over values, not a mean: its weight is meant for that.
/// Source: KD-Net, Hu et al. 2020, equation 3.
///
/// \param teacher, student  [N, C, ...] of equal shapes
/// \return scalar, >= 0, float32 or wider; gradients reach the student only
/// \throws DataError  shapes differ (both stated)
at::Tensor bottleneck_kl(const at::Tensor& teacher, const at::Tensor& student, MapNorm norm);

TermRow bottleneck_kl_row();

}  // namespace kdseg::losses
