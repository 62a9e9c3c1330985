#include "metrics/aggregate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "base/errors.h"

namespace kdseg::metrics {
namespace {

Summary summarize_one(const std::vector<CaseValue>& values,
                      const Aggregation& how = {1, {0, 0}, {}}) {
  return summarize(std::vector<std::vector<CaseValue>>{values}, how).front();
}

TEST(Summarize, StatisticsOfEightCases) {
  std::vector<CaseValue> cases;
  for (const double v : {.80, .82, .75, .90, .60, .71, .88, .79}) cases.push_back({v});
  const Summary s = summarize_one(cases);
  EXPECT_EQ(s.n, 8);
  EXPECT_NEAR(s.mean, 0.78125, 1e-12);
  EXPECT_NEAR(s.std, 0.0961305, 5e-8);
  EXPECT_NEAR(s.median, 0.795, 1e-12);
  EXPECT_NEAR(s.q1, 0.74, 1e-12);
  EXPECT_NEAR(s.q3, 0.835, 1e-12);
  EXPECT_EQ(s.minimum, 0.60);
  EXPECT_NEAR(s.iqr, 0.095, 1e-12);
  EXPECT_EQ(s.maximum, 0.90);
  EXPECT_NEAR(summarize_one(cases, {0, {0, 0}, {}}).std, 0.0899218, 5e-8);
}

TEST(Summarize, OneMissAmongManyShowsInTheMeanAndNotInTheMeanOfNormalCases) {
  std::vector<CaseValue> cases(85, CaseValue{0.0});
  cases.push_back({373.1286641, Status::pred_empty});
  const Summary s = summarize_one(cases);
  EXPECT_NEAR(s.mean, 4.3387054, 5e-8);
  EXPECT_EQ(s.mean_normal, 0);
  EXPECT_EQ(s.n_pred_empty, 1);
  EXPECT_EQ(s.n_total, 86);
}

TEST(Summarize, NaNIsLeftOutAndCounted) {
  const double nan = std::nan("");
  const std::vector<CaseValue> cases{
      {0.5}, {nan, Status::both_empty}, {1.0}, {0.0, Status::ref_empty}};
  const Summary s = summarize_one(cases);
  EXPECT_EQ(s.n_total, 4);
  EXPECT_EQ(s.n, 3);
  EXPECT_EQ(s.n_nan, 1);
  EXPECT_EQ(s.n_both_empty, 1);
  EXPECT_EQ(s.n_ref_empty, 1);
  EXPECT_DOUBLE_EQ(s.mean, 0.5);
  EXPECT_DOUBLE_EQ(s.mean_normal, 0.75);
}

TEST(Summarize, AMissedCaseNeverImprovesTheMean) {
  const double inf = std::numeric_limits<double>::infinity();
  const Summary s = summarize_one({{1.0}, {inf, Status::pred_empty}});
  EXPECT_EQ(s.mean, inf);
  EXPECT_EQ(s.n_nan, 0);
}

TEST(Summarize, NothingOrOnlyUndefinedIsNaNAndNotZero) {
  EXPECT_TRUE(std::isnan(summarize_one({}).mean));
  const Summary s = summarize_one({{std::nan(""), Status::both_empty}});
  EXPECT_TRUE(std::isnan(s.mean));
  EXPECT_TRUE(std::isnan(s.median));
  EXPECT_TRUE(std::isnan(summarize_one({{0.5}}).std));
}

TEST(Summarize, ANumberMayStandInForInfiniteValues) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(summarize_one({{1.0}, {inf, Status::pred_empty}}, {1, {0, 0}, 9.0}).mean, 5);
}

const std::vector<double> eight{.80, .82, .75, .90, .60, .71, .88, .79};

// A generator of 64-bit words (Nishimura & Matsumoto) written in Python, checked by its 10000th
// word; means of eight[indices] by numpy; numpy.quantile(means, [.025, .975]).
TEST(BootstrapMeans, AgreeWithNumPyOverTheSameDraws) {
  const auto intervals = bootstrap_means(std::vector<std::vector<double>>{eight}, {10000, 0});
  EXPECT_NEAR(intervals[0].low, 0.71625, 1e-12);
  EXPECT_NEAR(intervals[0].high, 0.84, 1e-12);
  const auto other = bootstrap_means(std::vector<std::vector<double>>{eight}, {1000, 7});
  EXPECT_NEAR(other[0].low, 0.71375, 1e-12);
  EXPECT_NEAR(other[0].high, 0.83875, 1e-12);
}

TEST(BootstrapMeans, ColumnsShareTheDrawsAndLeaveUndefinedCasesOut) {
  const std::vector<double> differences{.02, .02, -.01, .05, .05, .01, .04, .0};
  auto gaps = eight;
  gaps[2] = gaps[5] = std::nan("");
  const auto intervals =
      bootstrap_means(std::vector<std::vector<double>>{eight, differences, gaps}, {10000, 0});
  EXPECT_NEAR(intervals[0].low, 0.71625, 1e-12);
  EXPECT_NEAR(intervals[1].low, 0.0075, 1e-12);
  EXPECT_NEAR(intervals[1].high, 0.0375, 1e-12);
  EXPECT_NEAR(intervals[2].low, 0.7116666666666666, 1e-12);  // numpy.nanmean
  EXPECT_NEAR(intervals[2].high, 0.865, 1e-12);
}

TEST(BootstrapMeans, TooFewValuesHaveNoInterval) {
  const double nan = std::nan("");
  const auto intervals =
      bootstrap_means(std::vector<std::vector<double>>{{.5, nan}, {nan, nan}, {.5, .7}}, {100, 0});
  EXPECT_TRUE(std::isnan(intervals[0].low));
  EXPECT_TRUE(std::isnan(intervals[1].high));
  EXPECT_EQ(intervals[2].low, .5);
  EXPECT_EQ(intervals[2].high, .7);
  EXPECT_TRUE(std::isnan(bootstrap_means(std::vector<std::vector<double>>{eight}, {0, 0})[0].low));
  EXPECT_THROW(bootstrap_means(std::vector<std::vector<double>>{{.5}, {.5, .6}}, {}), DataError);
}

TEST(BootstrapMeans, InfiniteValuesMakeInfiniteBounds) {
  const double inf = std::numeric_limits<double>::infinity();
  const auto intervals =
      bootstrap_means(std::vector<std::vector<double>>{{1, 2, inf, inf}}, {100, 0});
  EXPECT_EQ(intervals[0].high, inf);
}

}  // namespace
}  // namespace kdseg::metrics
