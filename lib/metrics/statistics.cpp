#include "metrics/statistics.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/interrupt.h"

namespace kdseg::metrics {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double tolerance = 1e-9;
constexpr int64_t exact_up_to = 25;

bool tied(double a, double b) { return a == b || std::abs(a - b) < tolerance; }

/// Twice the mean ranks of the absolute values, so that they are whole numbers.
std::vector<int64_t> doubled_ranks(std::span<const double> differences) {
  const size_t n = differences.size();
  std::vector<size_t> order(n);
  std::iota(order.begin(), order.end(), size_t{0});
  const auto size = [&](size_t place) { return std::abs(differences[order[place]]); };
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::abs(differences[a]) < std::abs(differences[b]);
  });
  std::vector<int64_t> ranks(n);
  for (size_t begin = 0, end = 0; begin < n; begin = end) {
    while (end < n && tied(size(begin), size(end))) ++end;
    for (size_t place = begin; place < end; ++place)  // mean of ranks begin + 1 .. end
      ranks[order[place]] = static_cast<int64_t>(begin + 1 + end);
  }
  return ranks;
}

/// Probability of a sum of ranks as far from its mean as `w`, each rank counting or not with equal
/// chance.
double exact_p(const std::vector<int64_t>& ranks, int64_t w) {
  const int64_t total = std::accumulate(ranks.begin(), ranks.end(), int64_t{0});
  std::vector<double> chance(static_cast<size_t>(total) + 1);
  chance[0] = 1;
  int64_t reached = 0;
  for (const int64_t rank : ranks) {
    reached += rank;
    for (int64_t sum = reached; sum >= 0; --sum) {
      const double with = sum >= rank ? chance[static_cast<size_t>(sum - rank)] : 0.0;
      chance[static_cast<size_t>(sum)] = 0.5 * (chance[static_cast<size_t>(sum)] + with);
    }
  }
  double tail = 0;  // the distribution is symmetric: both tails are alike
  for (int64_t sum = 0; sum <= std::min(w, total - w); ++sum)
    tail += chance[static_cast<size_t>(sum)];
  return std::min(1.0, 2 * tail);
}

}  // namespace

PairedT paired_t(std::span<const double> differences) {
  PairedT test;
  const auto n = static_cast<double>(differences.size());
  test.mean_difference = std::accumulate(differences.begin(), differences.end(), 0.0) / n;
  test.deviation = test.t = test.df = test.p = nan;
  if (differences.size() < 2) return test;
  test.df = n - 1;
  double squares = 0;
  for (const double d : differences)
    squares += (d - test.mean_difference) * (d - test.mean_difference);
  test.deviation = std::sqrt(squares / test.df);
  if (!std::isfinite(test.mean_difference) || !std::isfinite(test.deviation)) return test;
  if (test.deviation < tolerance) {
    if (std::abs(test.mean_difference) < tolerance) return test;
    test.t = std::copysign(infinity, test.mean_difference);
    test.p = 0;
    return test;
  }
  test.t = test.mean_difference / (test.deviation / std::sqrt(n));
  const boost::math::students_t distribution(test.df);
  test.p = 2 * boost::math::cdf(boost::math::complement(distribution, std::abs(test.t)));
  return test;
}

Wilcoxon wilcoxon_signed_rank(std::span<const double> differences, Zeros zeros) {
  const auto n =
      std::count_if(differences.begin(), differences.end(), [](double d) { return !tied(d, 0); });
  return wilcoxon_signed_rank(differences, zeros, n <= exact_up_to);
}

Wilcoxon wilcoxon_signed_rank(std::span<const double> differences, Zeros zeros, bool exact) {
  std::vector<double> ranked(differences.begin(), differences.end());
  if (zeros == Zeros::drop) std::erase_if(ranked, [](double d) { return tied(d, 0); });
  const auto all_ranks = doubled_ranks(ranked);
  Wilcoxon test;
  test.exact = exact;
  std::vector<int64_t> ranks;  // of the differences other than 0
  int64_t plus = 0, minus = 0;
  double squares = 0;
  for (size_t i = 0; i < ranked.size(); ++i) {
    if (tied(ranked[i], 0)) continue;
    ranks.push_back(all_ranks[i]);
    (ranked[i] > 0 ? plus : minus) += all_ranks[i];
    squares += static_cast<double>(all_ranks[i]) * static_cast<double>(all_ranks[i]);
  }
  test.n = static_cast<int64_t>(ranks.size());
  test.w_plus = static_cast<double>(plus) / 2;
  test.w_minus = static_cast<double>(minus) / 2;
  test.rank_biserial = nan;
  test.p = 1;
  if (ranks.empty()) return test;
  const auto excess = static_cast<double>(plus - minus);
  test.rank_biserial = excess / static_cast<double>(plus + minus);
  // Var(W+ - W-) is the sum of the squared ranks: with mean ranks this is the tie correction.
  test.p = exact ? exact_p(ranks, plus)
                 : std::erfc(std::abs(excess) / std::sqrt(squares) / std::sqrt(2.0));
  return test;
}

double hodges_lehmann(std::span<const double> differences) {
  std::vector<double> means;
  for (size_t i = 0; i < differences.size(); ++i) {
    throw_if_stopped();
    if (!std::isfinite(differences[i])) return nan;
    for (size_t j = i; j < differences.size(); ++j)
      means.push_back(0.5 * (differences[i] + differences[j]));
  }
  if (means.empty()) return nan;
  const auto middle = means.begin() + static_cast<std::ptrdiff_t>(means.size() / 2);
  std::nth_element(means.begin(), middle, means.end());
  if (means.size() % 2 == 1) return *middle;
  return 0.5 * (*middle + *std::max_element(means.begin(), middle));
}

std::vector<double> holm(std::span<const double> p) {
  std::vector<size_t> order;
  for (size_t i = 0; i < p.size(); ++i)
    if (!std::isnan(p[i])) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] < p[b]; });
  std::vector<double> adjusted(p.size(), nan);
  double largest = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    largest = std::max(largest, std::min(1.0, static_cast<double>(order.size() - i) * p[order[i]]));
    adjusted[order[i]] = largest;
  }
  return adjusted;
}

}  // namespace kdseg::metrics
