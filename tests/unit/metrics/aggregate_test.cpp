#include "metrics/aggregate.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace kdseg::metrics {
namespace {

TEST(Summarize, StatisticsOfEightCases) {
  std::vector<CaseValue> cases;
  for (const double v : {.80, .82, .75, .90, .60, .71, .88, .79}) cases.push_back({v});
  const Summary s = summarize(cases);
  EXPECT_EQ(s.n, 8);
  EXPECT_NEAR(s.mean, 0.78125, 1e-12);
  EXPECT_NEAR(s.std, 0.0961305, 5e-8);
  EXPECT_NEAR(s.median, 0.795, 1e-12);
  EXPECT_NEAR(s.q1, 0.74, 1e-12);
  EXPECT_NEAR(s.q3, 0.835, 1e-12);
  EXPECT_EQ(s.minimum, 0.60);
  EXPECT_EQ(s.maximum, 0.90);
}

TEST(Summarize, OneMissAmongManyShowsInTheMeanAndNotInTheMeanOfNormalCases) {
  std::vector<CaseValue> cases(85, CaseValue{0.0});
  cases.push_back({373.1286641, Status::pred_empty});
  const Summary s = summarize(cases);
  EXPECT_NEAR(s.mean, 4.3387054, 5e-8);
  EXPECT_EQ(s.mean_normal, 0);
  EXPECT_EQ(s.n_pred_empty, 1);
  EXPECT_EQ(s.n_total, 86);
}

TEST(Summarize, NaNIsLeftOutAndCounted) {
  const double nan = std::nan("");
  const std::vector<CaseValue> cases{
      {0.5}, {nan, Status::both_empty}, {1.0}, {0.0, Status::ref_empty}};
  const Summary s = summarize(cases);
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
  const Summary s = summarize(std::vector<CaseValue>{{1.0}, {inf, Status::pred_empty}});
  EXPECT_EQ(s.mean, inf);
  EXPECT_EQ(s.n_nan, 0);
}

TEST(Summarize, NothingOrOnlyUndefinedIsNaNAndNotZero) {
  EXPECT_TRUE(std::isnan(summarize({}).mean));
  const Summary s = summarize(std::vector<CaseValue>{{std::nan(""), Status::both_empty}});
  EXPECT_TRUE(std::isnan(s.mean));
  EXPECT_TRUE(std::isnan(s.median));
  EXPECT_TRUE(std::isnan(summarize(std::vector<CaseValue>{{0.5}}).std));
}

}  // namespace
}  // namespace kdseg::metrics
