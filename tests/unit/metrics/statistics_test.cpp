#include "metrics/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace kdseg::metrics {
namespace {

std::vector<double> minus(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> d;
  for (size_t i = 0; i < a.size(); ++i) d.push_back(a[i] - b[i]);
  return d;
}

/// x_i = sin(1.7 i + 0.3) + shift: no ties.
std::vector<double> wave(int n, double shift) {
  std::vector<double> x;
  for (int i = 0; i < n; ++i) x.push_back(std::sin(1.7 * i + 0.3) + shift);
  return x;
}

/// x_i = ((i^3 + i^2 + 2 i) mod 11 - 3) / 10: many ties, zeros from n = 10 on.
std::vector<double> steps(int n) {
  std::vector<double> x;
  for (int i = 0; i < n; ++i) x.push_back(((i * i * i + i * i + 2 * i) % 11 - 3) / 10.0);
  return x;
}

const std::vector<double> eight_a{.80, .82, .75, .90, .60, .71, .88, .79},
    eight_b{.78, .80, .76, .85, .55, .70, .84, .79};

TEST(PairedT, OfEightCases) {
  const PairedT test = paired_t(minus(eight_a, eight_b));
  EXPECT_NEAR(test.mean_difference, .0225, 1e-12);
  EXPECT_NEAR(test.deviation, .0225198, 5e-8);
  EXPECT_NEAR(test.t, 2.8259362, 5e-8);
  EXPECT_EQ(test.df, 7);
  EXPECT_NEAR(test.p, .0255547, 5e-8);
}

TEST(PairedT, OfSixCasesAndOfWholeNumbers) {
  const PairedT test =
      paired_t(minus({.40, .55, .10, .72, .33, .61}, {.35, .50, .12, .60, .30, .52}));
  EXPECT_NEAR(test.mean_difference, .0533333, 5e-8);
  EXPECT_NEAR(test.deviation, .0484424, 5e-8);
  EXPECT_NEAR(test.t, 2.696799, 5e-7);
  EXPECT_EQ(test.df, 5);
  EXPECT_NEAR(test.p, .04295, 5e-6);
  const PairedT five = paired_t(std::vector<double>{1, 2, 3, 4, 5});
  EXPECT_NEAR(five.t, 4.242641, 5e-7);
  EXPECT_NEAR(five.p, .013236, 5e-7);
}

TEST(PairedT, AgreesWithSciPy) {
  // scipy 1.17.1: stats.ttest_1samp([sin(1.7 * i + 0.3) + shift for i in range(n)], 0)
  const struct {
    int n;
    double shift, t, p;
  } expected[] = {{5, .5, 1.8696722104695749, 0.13488224147270308},
                  {10, .3, 1.832723081511075, 0.10006194298300936},
                  {26, .2, 1.4011637861480093, 0.17345717454436693},
                  {69, .15, 1.9563445399868225, 0.05453315886747959},
                  {125, .1, 1.6590223905347834, 0.09963856593437097}};
  for (const auto& e : expected) {
    const PairedT test = paired_t(wave(e.n, e.shift));
    EXPECT_NEAR(test.t, e.t, 1e-10) << e.n;
    EXPECT_NEAR(test.p, e.p, 1e-10) << e.n;
  }
}

TEST(PairedT, WithoutSpread) {
  const PairedT same = paired_t(std::vector<double>{0, 0, 1e-12});
  EXPECT_TRUE(std::isnan(same.t));
  EXPECT_TRUE(std::isnan(same.p));
  const PairedT shifted = paired_t(minus({.3, .4, .5}, {.4, .5, .6}));
  EXPECT_EQ(shifted.t, -INFINITY);
  EXPECT_EQ(shifted.p, 0);
  EXPECT_TRUE(std::isnan(paired_t(std::vector<double>{.1}).p));
  EXPECT_TRUE(std::isnan(paired_t({}).mean_difference));
}

TEST(Wilcoxon, OfEightCasesWithAZeroAndTiesInTheLastBits) {
  const auto d = minus(eight_a, eight_b);
  const Wilcoxon test = wilcoxon_signed_rank(d);
  EXPECT_EQ(test.n, 7);
  EXPECT_DOUBLE_EQ(test.w_minus, 1.5);
  EXPECT_DOUBLE_EQ(test.w_plus, 26.5);
  EXPECT_TRUE(test.exact);
  EXPECT_DOUBLE_EQ(test.p, 6.0 / 128);
  EXPECT_DOUBLE_EQ(test.rank_biserial, 25.0 / 28);
  EXPECT_NEAR(wilcoxon_signed_rank(d, Zeros::drop, false).p, .0336454, 5e-8);
}

TEST(Wilcoxon, AgreesWithSciPyWithoutTies) {
  // scipy 1.17.1: stats.wilcoxon(x, method='exact').pvalue and
  // stats.wilcoxon(x, method='approx', correction=False).pvalue; x as for the t test
  const struct {
    int n;
    double shift, w, exact, normal;
  } expected[] = {{5, .5, 3, 0.3125, 0.22491588401596185},
                  {10, .3, 12, 0.130859375, 0.11412832776223863},
                  {25, .2, 101, 0.10139739513397217, 0.09797013209472538},
                  {26, .2, 118, 0.14990898966789246, 0.1441846521094022},
                  {69, .15, 859, 0.03690057957144122, 0.03719085045559122},
                  {125, .1, 3161, 0.055679900773145, 0.05571705923540297}};
  for (const auto& e : expected) {
    const auto x = wave(e.n, e.shift);
    const Wilcoxon exact = wilcoxon_signed_rank(x, Zeros::drop, true);
    EXPECT_EQ(std::min(exact.w_plus, exact.w_minus), e.w);
    EXPECT_NEAR(exact.p, e.exact, 1e-10) << e.n;
    EXPECT_NEAR(wilcoxon_signed_rank(x, Zeros::drop, false).p, e.normal, 1e-10) << e.n;
    EXPECT_EQ(wilcoxon_signed_rank(x).exact, e.n <= 25);
    EXPECT_NEAR(wilcoxon_signed_rank(x).p, e.n <= 25 ? e.exact : e.normal, 1e-10) << e.n;
  }
}

TEST(Wilcoxon, AgreesWithSciPyWithTiesAndZeros) {
  // scipy 1.17.1: stats.wilcoxon(round(x, 6), zero_method='wilcox' or 'pratt', with
  // method=PermutationMethod(2**14) up to n = 12 (then it enumerates all signs), above by counting
  // sign patterns over stats.rankdata; method='approx', correction=False for the last number
  const struct {
    int n;
    Zeros zeros;
    int64_t others;
    double w_plus, w_minus, exact, normal;
  } expected[] = {{6, Zeros::drop, 6, 13, 8, 0.6875, 0.5961126657233238},
                  {8, Zeros::drop, 8, 22.5, 13.5, 0.59375, 0.5234781817796605},
                  {12, Zeros::drop, 11, 46, 20, 0.2705078125, 0.2420833540293309},
                  {12, Zeros::pratt, 11, 53, 24, 0.283203125, 0.2505469771773141},
                  {20, Zeros::drop, 19, 139, 51, 0.07485198974609375, 0.07342990026058165},
                  {20, Zeros::pratt, 19, 152, 57, 0.07492446899414062, 0.0733924315721318},
                  {40, Zeros::drop, 37, 505, 198, 0.01789103874762077, 0.01903154796108513},
                  {40, Zeros::pratt, 37, 580, 234, 0.01773189649975393, 0.01881070582078459},
                  {69, Zeros::drop, 63, 1503, 513, 0.00046307259829318965, 0.0006118111871405797},
                  {69, Zeros::pratt, 63, 1767, 627, 0.0004505160336483313, 0.0005858690353762497}};
  for (const auto& e : expected) {
    const Wilcoxon exact = wilcoxon_signed_rank(steps(e.n), e.zeros, true);
    EXPECT_EQ(exact.n, e.others);
    EXPECT_EQ(exact.w_plus, e.w_plus);
    EXPECT_EQ(exact.w_minus, e.w_minus);
    EXPECT_NEAR(exact.p, e.exact, 1e-12) << e.n;
    EXPECT_NEAR(wilcoxon_signed_rank(steps(e.n), e.zeros, false).p, e.normal, 1e-10) << e.n;
  }
}

TEST(Wilcoxon, WithoutDifferencesNothingIsShown) {
  const Wilcoxon test = wilcoxon_signed_rank(std::vector<double>{0, 0, 1e-10});
  EXPECT_EQ(test.n, 0);
  EXPECT_EQ(test.p, 1);
  EXPECT_TRUE(std::isnan(test.rank_biserial));
}

TEST(Wilcoxon, AnInfiniteDifferenceIsTheLargest) {
  const Wilcoxon test = wilcoxon_signed_rank(std::vector<double>{INFINITY, -.1, .2, INFINITY});
  EXPECT_EQ(test.w_minus, 1);
  EXPECT_EQ(test.w_plus, 9);
}

TEST(HodgesLehmann, IsTheMedianOfMeansOfPairs) {
  // numpy: median([(x[i] + x[j]) / 2 for i in range(n) for j in range(i, n)])
  EXPECT_NEAR(hodges_lehmann(steps(12)), .15, 1e-12);  // 78 means
  EXPECT_NEAR(hodges_lehmann(wave(10, .3)), 0.39962150691949405, 1e-12);
  EXPECT_NEAR(hodges_lehmann(wave(25, .2)), 0.2444994406057732, 1e-12);
  EXPECT_EQ(hodges_lehmann(std::vector<double>{.25}), .25);
  EXPECT_TRUE(std::isnan(hodges_lehmann({})));
}

TEST(Holm, OfFourTests) {
  const auto adjusted = holm(std::vector<double>{.01, .04, .03, .005});
  const double expected[] = {.03, .06, .06, .02};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(adjusted[i], expected[i], 1e-12);
}

TEST(Holm, NeverExceedsOneAndPassesOverUndefinedTests) {
  const auto adjusted = holm(std::vector<double>{.9, std::nan(""), .4});
  EXPECT_DOUBLE_EQ(adjusted[0], .9);
  EXPECT_TRUE(std::isnan(adjusted[1]));
  EXPECT_DOUBLE_EQ(adjusted[2], .8);
  EXPECT_EQ(holm(std::vector<double>{.7, .8})[0], 1);
}

}  // namespace
}  // namespace kdseg::metrics
