#include "scoring/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "base/errors.h"
#include "io/table.h"
#include "scoring/evaluation.h"
#include "scoring/report.h"
#include "unit/scoring/cohort.h"

namespace kdseg::scoring {
namespace {

const std::vector<double> eight_a{.80, .82, .75, .90, .60, .71, .88, .79},
    eight_b{.78, .80, .76, .85, .55, .70, .84, .79};

/// case,region,metric,value of one score; cases c0, c1, ...
std::string csv(const std::vector<double>& values, const std::string& metric = "dice",
                const std::string& region = "ET") {
  std::string text;
  for (size_t i = 0; i < values.size(); ++i)
    text += fmt::format("c{},{},{},{:.9g}\n", i, region, metric, values[i]);
  return text;
}

struct Tables {
  Folder folder;

  std::string write(const std::string& name, const std::string& rows,
                    const std::string& header = "case,region,metric,value\n") {
    std::ofstream(folder / name) << header << rows;
    return folder / name;
  }
  std::vector<ComparisonRow> compared(ComparisonRequest request = {}) {
    return compare(read_score_table(folder / "a.csv"), read_runs({"b=" + (folder / "b.csv")}),
                   request);
  }
};

TEST(Compare, EightCases) {
  Tables t;
  t.write("a.csv", csv(eight_a));
  t.write("b.csv", csv(eight_b));
  const auto rows = t.compared();
  ASSERT_EQ(rows.size(), 1u);
  const ComparisonRow& r = rows[0];
  EXPECT_EQ(r.against, "b");
  EXPECT_EQ(r.n_pairs, 8);
  EXPECT_NEAR(r.t.mean_difference, .0225, 1e-9);
  EXPECT_NEAR(r.t.t, 2.8259362, 5e-7);
  EXPECT_NEAR(r.t.p, .0255547, 5e-7);
  EXPECT_EQ(r.wilcoxon.w_minus, 1.5);
  EXPECT_DOUBLE_EQ(r.wilcoxon.p, .046875);
  EXPECT_DOUBLE_EQ(r.p_holm, .046875);
  EXPECT_NEAR(r.interval.low, .0075, 1e-9);  // as in the tests of bootstrap_means
  EXPECT_NEAR(r.interval.high, .0375, 1e-9);
  EXPECT_NEAR(r.hodges_lehmann, .02, 1e-9);  // numpy: the median of 36 means
  EXPECT_NEAR(r.wilcoxon.rank_biserial, 25.0 / 28, 1e-12);
}

TEST(Compare, HolmTakesAllRegionsAndMetricsOfOneOtherRun) {
  Tables t;
  t.write("a.csv", csv(eight_a) + csv(eight_a, "iou") + csv(eight_a, "dice", "WT"));
  t.write("b.csv", csv(eight_b) + csv(eight_b, "iou") + csv(eight_a, "dice", "WT"));
  const auto rows = t.compared();
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_DOUBLE_EQ(rows[0].p_holm, 3 * .046875);
  EXPECT_DOUBLE_EQ(rows[1].p_holm, 3 * .046875);
  EXPECT_EQ(rows[2].p_holm, 1);  // no difference at all
  ComparisonRequest dice_only;
  dice_only.metrics = {"dice"};
  EXPECT_DOUBLE_EQ(t.compared(dice_only)[0].p_holm, 2 * .046875);
}

TEST(Compare, VolumesOnlyWhenNamed) {
  Tables t;
  const std::string header = "case,region,metric,value,unit\n";
  const std::string rows =
      "x,ET,dice,.5,1\ny,ET,dice,.6,1\nx,ET,vol_ref_ml,3,ml\ny,ET,vol_ref_ml,4,ml\n";
  t.write("a.csv", rows, header);
  t.write("b.csv", rows, header);
  EXPECT_EQ(t.compared().size(), 1u);
  ComparisonRequest named;
  named.metrics = {"vol_ref_ml"};
  EXPECT_EQ(t.compared(named)[0].metric, "vol_ref_ml");
}

TEST(Compare, PairsByCaseAndLeavesUndefinedOnesOut) {
  Tables t;
  t.write("a.csv", "x,ET,dice,.5\ny,ET,dice,nan\nz,ET,dice,.9\n");
  t.write("b.csv", "z,ET,dice,.7\nx,ET,dice,.6\ny,ET,dice,.1\n");
  const auto rows = t.compared();
  EXPECT_EQ(rows[0].n_pairs, 2);
  EXPECT_NEAR(rows[0].t.mean_difference, .05, 1e-12);
}

TEST(Compare, InfiniteValuesAreKeptOrReplaced) {
  Tables t;
  t.write("a.csv", "x,ET,hd95_mm,inf\ny,ET,hd95_mm,inf\nz,ET,hd95_mm,5\n");
  t.write("b.csv", "x,ET,hd95_mm,inf\ny,ET,hd95_mm,8\nz,ET,hd95_mm,6\n");
  const auto kept = t.compared()[0];
  EXPECT_EQ(kept.n_pairs, 3);
  EXPECT_EQ(kept.t.mean_difference, INFINITY);
  EXPECT_EQ(kept.wilcoxon.w_plus, 2);
  ComparisonRequest replaced;
  replaced.aggregation.infinite_as = 10;
  EXPECT_NEAR(t.compared(replaced)[0].t.mean_difference, 1.0 / 3, 1e-12);
}

TEST(Compare, RefusesTablesThatDoNotFit) {
  Tables t;
  t.write("a.csv", csv({.1, .2, .3}));
  t.write("b.csv", csv({.1, .2}));
  EXPECT_THAT(
      test::message_of<DataError>([&] { t.compared(); }),
      testing::AllOf(testing::HasSubstr("3 cases against 2, 2 in common"),
                     testing::HasSubstr("lacks case c2"), testing::HasSubstr("--pairing common")));
  ComparisonRequest common;
  common.pairing = "common";
  EXPECT_EQ(t.compared(common)[0].n_pairs, 2);
  t.write("b.csv", csv({.1}));
  EXPECT_THAT(test::message_of<DataError>([&] { t.compared(common); }),
              testing::HasSubstr("at least two"));
  t.write("b.csv", csv({.1, .2, .3}, "iou"));
  EXPECT_THAT(test::message_of<DataError>([&] { t.compared(); }),
              testing::HasSubstr("no dice of region ET"));
  const auto b = t.folder / "b.csv";
  EXPECT_THROW(read_runs({"b=" + b, "b=" + b}), UsageError);
  EXPECT_THROW(read_runs({"=" + b}), UsageError);
}

TEST(ScoreTable, RefusesMalformedTables) {
  Tables t;
  const auto error = [&](const std::string& rows) {
    const auto path = t.write("a.csv", rows);
    return test::message_of<DataError>([&] { read_score_table(path); });
  };
  EXPECT_THAT(error("x,ET,dice,high\n"), testing::HasSubstr("a.csv:2: value 'high'"));
  EXPECT_THAT(error("x,ET,dice,.5\nx,ET,dice,.6\n"), testing::HasSubstr("a.csv:3: dice of region"));
  EXPECT_THAT(error("x,ET,dice,.5\ny,ET,iou,.6\n"), testing::HasSubstr("no dice of region ET for"));
  EXPECT_THAT(error("x,,dice,.5\n"), testing::HasSubstr("a.csv:2: no region"));
  EXPECT_THAT(error(""), testing::HasSubstr("no rows"));
  EXPECT_THAT(error("x,ET,dice\n"), testing::HasSubstr("a.csv:2: 3 fields"));
  t.write("a.csv", "x,ET,.5\n", "case,region,value\n");
  EXPECT_THAT(test::message_of<DataError>([&] { read_score_table(t.folder / "a.csv"); }),
              testing::HasSubstr("no column 'metric'"));
  t.write("a.csv", "x,ET,dice,.5,lost\n", "case,region,metric,value,status\n");
  EXPECT_THAT(test::message_of<DataError>([&] { read_score_table(t.folder / "a.csv"); }),
              testing::HasSubstr("unknown status 'lost'"));
}

TEST(MeansOverRegions, AreMeansOfMeansAndNotOfCases) {
  Tables t;
  const auto path = t.write("a.csv", "x,ET,dice,.5\ny,ET,dice,nan\nx,WT,dice,.7\ny,WT,dice,.9\n");
  const auto means = means_over_regions(summarize(read_score_table(path), {}));
  ASSERT_EQ(means.size(), 1u);
  EXPECT_NEAR(means[0].mean, (.5 + .8) / 2, 1e-12);  // a mean over cases first would give .75
}

TEST(Evaluate, ComparesARunWithItsOwnTableWithoutADifference) {
  const Folder folder;
  write_cohort(folder);
  Request request;
  request.sources.selection.cases = folder / "volumes/cases.tsv";
  request.sources.selection.where = {"split=test"};
  request.sources.prediction = folder / "predictions";
  io::write_table(folder / "cases.csv", case_table(evaluate(request, 1)), false);
  request.against = {"self=" + (folder / "cases.csv")};
  const auto e = evaluate(request, 1);
  std::set<std::string> compared;
  for (const ComparisonRow& row : e.comparisons) {
    compared.insert(row.metric);
    EXPECT_EQ(row.t.mean_difference, row.n_pairs > 0 ? 0 : row.t.mean_difference) << row.metric;
  }
  EXPECT_TRUE(compared.contains("dice_best"));
  EXPECT_TRUE(compared.contains("hd95_mm"));
  EXPECT_FALSE(compared.contains("vol_ref_ml"));
  const auto json = nlohmann::json::parse(summary_json(e, {}));
  EXPECT_EQ(json["comparisons"].size(), e.comparisons.size());
  EXPECT_EQ(json["comparisons"][0]["against"], "self");
}

TEST(Evaluate, SumsUpAFinishedTable) {
  Tables t;
  Request request;
  request.table = t.write("a.csv", csv(eight_a) + csv(eight_b, "iou"));
  request.metrics = {"dice"};
  const auto e = evaluate(request, 1);
  ASSERT_EQ(e.summaries.size(), 1u);
  EXPECT_NEAR(e.summaries[0].summary.mean, .78125, 1e-12);
  EXPECT_NEAR(e.summaries[0].summary.ci_lo, .71625, 1e-12);
  const auto json = nlohmann::json::parse(summary_json(e, {}));
  EXPECT_EQ(json["table"], "a.csv");
  EXPECT_EQ(json["n_cases"], 8);
  request.metrics = {"dise"};
  EXPECT_THROW(evaluate(request, 1), DataError);
  request.metrics = {};
  request.wants_cases = true;
  EXPECT_THROW(evaluate(request, 1), UsageError);
  request.wants_cases = false;
  request.wants_comparison = true;
  EXPECT_THROW(evaluate(request, 1), UsageError);
}

}  // namespace
}  // namespace kdseg::scoring
