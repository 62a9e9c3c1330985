#include "scoring/ranking.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/errors.h"

namespace kdseg::scoring {
namespace {

ScoreTable table(const std::vector<double>& values, const std::string& metric = "dice") {
  ScoreTable t;
  t.columns.push_back({"ET", metric, "1", {}});
  for (size_t i = 0; i < values.size(); ++i) {
    t.cases.push_back(fmt::format("c{}", i));
    t.columns[0].values.push_back({values[i]});
  }
  return t;
}

std::vector<RankedRun> ranked(const ScoreTable& a, const ScoreTable& b, RankBy by) {
  return rank_runs(a, std::vector<Run>{{"b", b}}, {}, by);
}

TEST(RankRuns, TwoRunsOverThreeCases) {
  const auto a = table({.9, .8, .7}), b = table({.8, .8, .9});  // ranks 1 1 2 and 2 1 1
  const auto runs = ranked(a, b, RankBy::cases);
  EXPECT_EQ(runs[0].name, "this run");
  EXPECT_EQ(runs[1].name, "b");
  for (const RankedRun& run : runs) {
    EXPECT_DOUBLE_EQ(run.mean_rank, 4.0 / 3);
    EXPECT_EQ(run.rank, 1);
  }
  const auto by_mean = ranked(a, b, RankBy::means);  // .8 and .8333
  EXPECT_EQ(by_mean[0].rank, 2);
  EXPECT_EQ(by_mean[1].rank, 1);
}

TEST(RankRuns, ShortDistancesAreBetterAndUndefinedValuesLast) {
  const auto runs =
      ranked(table({1, 5, std::nan("")}, "hd95_mm"), table({2, 4, 9}, "hd95_mm"), RankBy::cases);
  EXPECT_DOUBLE_EQ(runs[0].mean_rank, 5.0 / 3);  // ranks 1 2 2
  EXPECT_DOUBLE_EQ(runs[1].mean_rank, 4.0 / 3);  // ranks 2 1 1
  EXPECT_EQ(runs[0].rank, 2);
}

TEST(RankRuns, NeedsAMetricWithADirectionAndACase) {
  EXPECT_THROW(ranked(table({1}, "rvd"), table({2}, "rvd"), RankBy::cases), DataError);
  EXPECT_THROW(ranked(table({1}), table({2}, "iou"), RankBy::cases), DataError);
  EXPECT_THROW(ranked(table({1}), table({}), RankBy::cases), DataError);
  EXPECT_THROW(rank_by("test"), UsageError);
}

}  // namespace
}  // namespace kdseg::scoring
