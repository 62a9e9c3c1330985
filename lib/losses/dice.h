// Dice overlap of probability maps with other maps: labels, or a teacher's probabilities.
#pragma once
#include <ATen/core/Tensor.h>

#include <vector>

#include "base/parameters.h"

namespace kdseg::losses {

struct TermRow;

struct DiceOptions {
  double smoothing = 1e-5;    ///< e: added to both sides of the fraction, > 0
  bool squared = false;       ///< sums of squares below the fraction instead of plain sums
  bool foreground = false;    ///< leave channel 0 out
  bool target_plain = false;  ///< with `squared`: the target's plain sum all the same
  bool over_batch = false;    ///< sums run over all samples, not each for itself
  bool below_alone = false;   ///< e is added below alone: a channel that no target has counts 1
};

/// 1 - mean over samples and channels of (2 sum a b + e) / (sum a + sum b + e), sums over the
/// voxels of one sample (`over_batch`: of all); with `squared` (2 sum a b + e) / (sum a^2 + sum b^2
/// + e), with `target_plain` sum a^2 + sum b; with `below_alone` 2 sum a b above.
///
/// \param probability  [N, K, ...] in [0, 1], floating point; half types are widened to float32
/// \param target       same shape, in [0, 1]; differentiable too
/// \return             scalar in [0, 1], float32 (float64 for float64 maps)
/// \throws DataError   shapes differ (both stated), or no channel is left without channel 0
///
/// Source: Milletari et al. 2016, arXiv:1606.04797 (squared); the plain form as in KD-Net, Hu et
/// al. 2020, arXiv:2106.09564.
at::Tensor dice_loss(const at::Tensor& probability, const at::Tensor& target,
                     const DiceOptions& options = {});

/// Keys of the options, and their values.
std::vector<Parameter> dice_parameters();
DiceOptions dice_options(const Parameters& parameters);

/// The term `dice`: the student's probabilities against the labels.
TermRow dice_row();

}  // namespace kdseg::losses
