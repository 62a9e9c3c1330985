#include "metrics/curves.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/errors.h"
#include "base/random.h"

namespace kdseg::metrics {
namespace {

// Expected values: scikit-learn's average_precision_score.
TEST(AveragePrecision, AgreesWithTheUsualDefinition) {
  ProbabilityCounts counts;
  counts.add(std::vector<float>{0.1f, 0.4f, 0.35f, 0.8f}, std::vector<uint8_t>{0, 0, 1, 1});
  EXPECT_NEAR(counts.average_precision(), 0.8333333, 5e-8);

  ProbabilityCounts ties;
  ties.add(std::vector<float>{0.5f, 0.5f, 0.5f, 0.2f}, std::vector<uint8_t>{1, 0, 1, 1});
  EXPECT_NEAR(ties.average_precision(), 2.0 / 3 * 2 / 3 + 1.0 / 3 * 3 / 4, 1e-12);
}

TEST(AveragePrecision, OfAPerfectAndOfAConstantMap) {
  ProbabilityCounts perfect, constant, none;
  const std::vector<uint8_t> reference{1, 0, 0, 1, 0};
  perfect.add(std::vector<float>{0.9f, 0.2f, 0.1f, 0.7f, 0}, reference);
  EXPECT_DOUBLE_EQ(perfect.average_precision(), 1);
  constant.add(std::vector<float>(5, 0.3f), reference);
  EXPECT_DOUBLE_EQ(constant.average_precision(), 0.4);
  none.add(std::vector<float>(5, 0.3f), std::vector<uint8_t>(5));
  EXPECT_TRUE(std::isnan(none.average_precision()));
}

TEST(AveragePrecision, PoolingCasesEqualsOneLargeCase) {
  Random random(3, 0, "curves-test");
  std::vector<float> p(1000);
  std::vector<uint8_t> y(1000);
  for (size_t i = 0; i < p.size(); ++i) {
    y[i] = random.uniform() < 0.2;
    p[i] = static_cast<float>(random.uniform() * (y[i] ? 1.0 : 0.7));
  }
  ProbabilityCounts whole, first, second;
  whole.add(p, y);
  const std::span<const float> ps(p);
  const std::span<const uint8_t> ys(y);
  first.add(ps.first(300), ys.first(300));
  second.add(ps.subspan(300), ys.subspan(300));
  second.add(first);
  EXPECT_EQ(second.average_precision(), whole.average_precision());
  EXPECT_EQ(second.voxels(), 1000u);
}

TEST(ProbabilityCounts, MasksLieStrictlyAboveTheThreshold) {
  ProbabilityCounts counts;
  counts.add(std::vector<float>{0.25f, 0.5f, 0.75f, 1.0f}, std::vector<uint8_t>{1, 1, 0, 1});
  counts.add_zeros(1, 2);
  const auto at = counts.at_thresholds(std::vector<double>{0.1, 0.5, 0.9});
  EXPECT_EQ(at[0], (Overlap{3, 1, 1, 2}));
  EXPECT_EQ(at[1], (Overlap{1, 1, 3, 2}));
  EXPECT_EQ(at[2], (Overlap{1, 0, 3, 3}));
}

TEST(ProbabilityCounts, RefuseWhatIsNoProbability) {
  ProbabilityCounts counts;
  const std::vector<uint8_t> one{1};
  counts.add(std::vector<float>{1.0000002f}, one);  // rounding of a sum of channels
  EXPECT_THROW(counts.add(std::vector<float>{1.1f}, one), DataError);
  EXPECT_THROW(counts.add(std::vector<float>{-0.1f}, one), DataError);
  EXPECT_THROW(counts.add(std::vector<float>{std::numeric_limits<float>::quiet_NaN()}, one),
               DataError);
  EXPECT_THROW(counts.add(std::vector<float>{0.5f, 0.5f}, one), DataError);
}

TEST(BestThreshold, IsOneForAllCases) {
  const std::vector<double> thresholds{0.2, 0.5, 0.8};
  const std::vector<std::vector<double>> scores{{0.9, 0.6, 0.1}, {0.2, 0.6, 0.8}};
  const auto best = best_threshold(scores, thresholds);
  EXPECT_EQ(best.threshold, 0.5);
  EXPECT_EQ(best.index, 1u);
  EXPECT_DOUBLE_EQ(best.mean, 0.6);
}

TEST(BestThreshold, PrefersTheMiddleAndLeavesNaNOut) {
  const std::vector<double> thresholds{0.2, 0.5, 0.8};
  EXPECT_EQ(best_threshold(std::vector<std::vector<double>>{{1, 1, 1}}, thresholds).threshold, 0.5);
  const double nan = std::nan("");
  const auto best = best_threshold(
      std::vector<std::vector<double>>{{nan, 0.4, 0.5}, {nan, 0.4, nan}}, thresholds);
  EXPECT_EQ(best.threshold, 0.8);
  EXPECT_THROW(best_threshold({}, thresholds), DataError);
  EXPECT_THROW(best_threshold(std::vector<std::vector<double>>{{1, 1}}, thresholds), DataError);
}

TEST(DefaultThresholds, CoverTheRangeEvenly) {
  const auto& t = default_thresholds();
  ASSERT_EQ(t.size(), 99u);
  EXPECT_DOUBLE_EQ(t.front(), 0.01);
  EXPECT_DOUBLE_EQ(t[49], 0.5);
  EXPECT_DOUBLE_EQ(t.back(), 0.99);
}

}  // namespace
}  // namespace kdseg::metrics
