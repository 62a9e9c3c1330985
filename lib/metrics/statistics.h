// Paired tests: whether one method's scores differ from another's on the same cases.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace kdseg::metrics {

// All functions take the differences of pairs; none may be NaN. Differences that are equal within
// 1e-9 count as tied, those nearer to 0 than that as 0: scores read from text differ in their last
// bits.

/// Student's t test of the mean difference, two-sided.
struct PairedT {
  double mean_difference = 0;
  double deviation = 0;  ///< of the differences, divided by n - 1
  double t = 0, df = 0;
  double p = 0;
};

/// Fewer than two differences, all of them 0, or an infinite one: t and p are NaN. All of them
/// equal and not 0: t is infinite and p 0.
PairedT paired_t(std::span<const double> differences);

/// What becomes of pairs without a difference: they are left out, or ranked with the others and
/// their ranks left out (Pratt 1959).
enum class Zeros { drop, pratt };

/// Wilcoxon's signed-rank test, two-sided.
struct Wilcoxon {
  double w_plus = 0, w_minus = 0;  ///< sums of the ranks of positive and of negative differences
  int64_t n = 0;                   ///< differences other than 0
  bool exact = false;              ///< else by the normal approximation
  double p = 0;
  /// Matched-pairs rank biserial correlation (W+ - W-) / (W+ + W-) in [-1, 1]; NaN for n = 0.
  double rank_biserial = 0;
};

/// Ties get their mean rank. For n <= 25 p comes from the permutation distribution of the ranks at
/// hand, ties included; above from the normal distribution with tie correction and without
/// continuity correction. Without any difference other than 0 p is 1.
///
/// Source: Wilcoxon 1945, Biometrics Bulletin 1(6); Pratt 1959, JASA 54(287).
Wilcoxon wilcoxon_signed_rank(std::span<const double> differences, Zeros zeros = Zeros::drop);

/// The same with the method chosen: `exact` for any n whose ranks fit into memory.
Wilcoxon wilcoxon_signed_rank(std::span<const double> differences, Zeros zeros, bool exact);

/// Median of the means of all pairs of differences, each also with itself; NaN without
/// differences or with infinite ones. Source: Hodges & Lehmann 1963, Ann. Math. Stat. 34(2).
double hodges_lehmann(std::span<const double> differences);

/// p values adjusted for being one family: of the sorted p, max over j <= i of
/// min(1, (m - j + 1) p_j). NaN stays NaN and is no member of the family.
/// Source: Holm 1979, Scand. J. Statist. 6(2).
std::vector<double> holm(std::span<const double> p);

}  // namespace kdseg::metrics
