// Whether a prediction's uncertainty marks its mistakes: what is left when uncertain voxels are
// filtered out, threshold by threshold.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace kdseg::metrics {

/// Which voxels stay at a threshold T: those with U <= T, or only those with U < T.
enum class Kept { at_most, below };

/// Scores of the voxels that stay at one threshold.
struct FilteredPoint {
  double threshold = 0;  ///< in [0, 100]
  double dice = 0;       ///< of all voxels that stay; 1 when neither mask has one
  double ftp = 0;        ///< part of the true positives that was filtered out
  double ftn = 0;        ///< part of the true negatives that was filtered out
};

/// 100 j / steps for j = 0 .. steps.
std::vector<double> even_thresholds(int64_t steps);

/// Dice(T), FTP(T) = (TP - TP_T) / (TP + eps) and FTN(T) likewise, eps = 2^-23, at every threshold.
/// Dice counts the whole image, the other two only voxels of the brain; without true positives FTP
/// is 0 everywhere.
///
/// \param uncertainty  in [0, 100], 0 = certain; values up to 1e-3 outside (rounding) are clamped
/// \param prediction, reference, brain  non-zero = inside, same number of voxels
/// \param thresholds   ascending, in [0, 100]
/// \throws DataError   a NaN or a value outside [0, 100] (stated); sizes differ
///
/// Source: Mehta et al. 2020, MIDL short papers, "Uncertainty evaluation metric for brain tumour
/// segmentation", and the challenge's published code, whose eps this is.
std::vector<FilteredPoint> filter_by_uncertainty(std::span<const float> uncertainty,
                                                 std::span<const uint8_t> prediction,
                                                 std::span<const uint8_t> reference,
                                                 std::span<const uint8_t> brain,
                                                 std::span<const double> thresholds,
                                                 Kept kept = Kept::at_most);

/// How the areas become one score. three_term: (dice + (1 - ftp) + (1 - ftn)) / 3, the challenge
/// of 2020. two_term: (dice + (1 - ftp)) / 2. form_2019: two_term where voxels with U >= T are
/// filtered; its use in the challenge of 2019 is unverified.
enum class UncertaintyForm { three_term, two_term, form_2019 };

const std::vector<std::string>& uncertainty_form_names();  ///< "three-term", "two-term", "2019"
/// \throws UsageError  unknown name (nearest named)
UncertaintyForm uncertainty_form(const std::string& name);
Kept kept_by(UncertaintyForm form);

/// Areas under the three curves and the score made of them, all in [0, 1].
struct UncertaintyScores {
  double dice_auc = 0, ftp_auc = 0, ftn_auc = 0, score = 0;
};

/// Trapezoids over the thresholds, divided by their range (100 for 0 to 100, 75 for 25 to 100).
/// \param points  at least two, thresholds strictly ascending
UncertaintyScores uncertainty_scores(std::span<const FilteredPoint> points, UncertaintyForm form);

/// What a missing prediction gets: nothing right and everything filtered out at every threshold,
/// which scores 0.
std::vector<FilteredPoint> worst_curve(std::span<const double> thresholds);

}  // namespace kdseg::metrics
