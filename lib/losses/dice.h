// Dice overlap of probability maps with other maps: labels, or a teacher's probabilities.
#pragma once
#include <ATen/core/Tensor.h>

namespace kdseg {
class Parameters;
}

namespace kdseg::losses {

struct TermRow;

struct DiceOptions {
  double smoothing = 1e-5;  ///< e: added to both sides of the fraction, > 0
  bool squared = false;     ///< sums of squares below the fraction instead of plain sums
  bool foreground = false;  ///< leave channel 0 out
};

/// 1 - mean over samples and channels of (2 sum a b + e) / (sum a + sum b + e), sums over the
/// voxels of one sample; with `squared` (2 sum a b + e) / (sum a^2 + sum b^2 + e).
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

/// The options as dice_row() declares them.
DiceOptions dice_options(const Parameters& parameters);

/// The term `dice`: the student's probabilities against the labels.
TermRow dice_row();

}  // namespace kdseg::losses
