#include "scoring/evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "image/scan.h"
#include "scoring/report.h"
#include "unit/scoring/cohort.h"

namespace kdseg::scoring {
namespace {

Request of_sheet(const Folder& folder) {
  Request request;
  request.sources.selection.cases = folder / "volumes/cases.tsv";
  request.sources.selection.where = {"split=test"};
  request.sources.prediction = folder / "predictions";
  return request;
}

double value(const Evaluation& e, const std::string& id, const std::string& region,
             const std::string& metric) {
  for (const auto& row : case_table(e).rows)
    if (row[0] == id && row[1] == region && row[2] == metric) return std::stod(row[3]);
  ADD_FAILURE() << id << " " << region << " " << metric << " is missing";
  return 0;
}

const PooledRow& pooled(const Evaluation& e, const std::string& region, const std::string& metric) {
  for (const PooledRow& row : e.pooled)
    if (row.region == region && row.metric == metric) return row;
  throw std::logic_error("no pooled row for " + region + " " + metric);
}

TEST(Evaluate, ScoresASheetOnTheGridOfTheScan) {
  const Folder folder;
  write_cohort(folder);
  const auto e = evaluate(of_sheet(folder), 1);
  ASSERT_EQ(e.cases.size(), 2u);
  EXPECT_EQ(e.cases[0].id, "a");  // by id, whatever the order of the sheet
  ASSERT_EQ(e.regions.regions, regions());
  EXPECT_DOUBLE_EQ(value(e, "a", "WT", "dice"), 1);
  EXPECT_NEAR(value(e, "a", "TC", "dice"), 2.0 / 3, 1e-9);
  EXPECT_DOUBLE_EQ(value(e, "a", "ET", "dice"), 1);
  EXPECT_DOUBLE_EQ(value(e, "b", "TC", "dice"), 0);
  EXPECT_DOUBLE_EQ(value(e, "b", "ET", "dice"), 1);  // both empty
  // 512 voxels of the scan, not the 125 of the volume: 511 negatives, one of them predicted.
  EXPECT_NEAR(value(e, "b", "TC", "spec"), 510.0 / 511, 1e-9);
  EXPECT_DOUBLE_EQ(value(e, "a", "TC", "vol_ref_ml"), 0.004);
  EXPECT_DOUBLE_EQ(value(e, "a", "TC", "hd95_mm"), 1.9);  // 2 mm slices: rank 0.95 between 0 and 2
  EXPECT_NEAR(e.cases[0].penalty_mm, std::sqrt(64 + 64 + 256), 1e-9);
}

TEST(Evaluate, ScoresOnTheGridOfTheFilesWhereAskedTo) {
  const Folder folder;
  write_cohort(folder);
  auto request = of_sheet(folder);
  request.grid = "stored";
  const auto e = evaluate(request, 1);
  EXPECT_NEAR(value(e, "a", "TC", "dice"), 2.0 / 3, 1e-9);
  // The 125 voxels of the volume: 124 negatives, one of them predicted.
  EXPECT_NEAR(value(e, "b", "TC", "spec"), 123.0 / 124, 1e-9);
  EXPECT_NEAR(pooled(e, "TC", "ap").value, (1 + 2.0 / 3 + 3.0 / 5) / 3, 1e-9);
  EXPECT_NEAR(e.cases[0].penalty_mm, std::sqrt(25 + 25 + 100), 1e-9);
  request.sources.uncertainty = folder / "predictions";
  request.metrics = {"qu_score"};
  EXPECT_THROW(evaluate(request, 1), UsageError);
}

TEST(Evaluate, PoolsProbabilitiesAndChoosesOneThreshold) {
  const Folder folder;
  write_cohort(folder);
  const auto e = evaluate(of_sheet(folder), 1);
  EXPECT_NEAR(value(e, "a", "TC", "ap"), 0.5 + 0.5 * 2 / 3, 1e-9);
  EXPECT_NEAR(value(e, "b", "TC", "ap"), 0.5, 1e-9);
  EXPECT_TRUE(std::isnan(value(e, "b", "ET", "ap")));  // no positives
  EXPECT_NEAR(pooled(e, "TC", "ap").value, (1 + 2.0 / 3 + 3.0 / 5) / 3, 1e-9);
  // Below .3125 case a scores .8 and case b 2/3, which no higher threshold reaches.
  EXPECT_DOUBLE_EQ(pooled(e, "TC", "dice_best").threshold, 0.31);
  EXPECT_NEAR(pooled(e, "TC", "dice_best").value, (0.8 + 2.0 / 3) / 2, 1e-9);
  EXPECT_NEAR(value(e, "a", "TC", "dice_best"), 0.8, 1e-9);
  EXPECT_NEAR(value(e, "b", "TC", "dice_best"), 2.0 / 3, 1e-9);
}

TEST(Evaluate, ReadsRegionsOfSigmoidHeadsByTheirCodes) {
  const Folder folder;
  write_cohort(folder);
  auto p = prediction_a();
  p.head = {Head::Kind::sigmoid, {"WT", "TC", "ET"}, {{1, 2, 3}, {1, 3}, {3}}, classes().codes};
  p.probability = Image{p.label.grid, p.head.names, std::vector<float>(3 * 125)};
  p.probability->channel(1)[at(1, 1, 1)] = 0.95f;
  p.probability->channel(1)[at(1, 1, 2)] = 0.25f;
  p.probability->channel(1)[at(2, 2, 2)] = 0.5f;
  io::write_prediction(folder / "predictions/a.h5", p, {}, {.force = true});
  auto request = of_sheet(folder);
  request.sources.selection.ids = {"a"};
  const auto e = evaluate(request, 1);
  EXPECT_NEAR(value(e, "a", "TC", "ap"), 0.5 + 0.5 * 2 / 3, 1e-9);
}

TEST(Evaluate, ThreadsChangeNothing) {
  const Folder folder;
  write_cohort(folder);
  auto request = of_sheet(folder);
  request.metrics = {"all"};
  const auto one = evaluate(request, 1), two = evaluate(request, 2);
  EXPECT_EQ(case_table(one).rows, case_table(two).rows);
  EXPECT_EQ(summary_json(one, {}), summary_json(two, {}));
}

TEST(Evaluate, ALabelFileOnTheScansGridScoresLikeTheVolume) {
  const Folder folder;
  write_cohort(folder);
  const auto write = [&](const std::string& path, const Labels& labels) {
    const auto restored = voxels::restore(chain(), labels);
    std::vector<int> codes;
    for (const uint8_t index : restored.voxels) codes.push_back(classes().codes[index]);
    image::write_codes(path, restored.grid, codes);
  };
  write(folder / "predictions/a.nii.gz", prediction_a().label);
  write(folder / "references/a.nii.gz", *volume_a().data.label);
  for (const std::string reference : {"volumes/a.h5", "references/a.nii.gz"})
    for (const std::string prediction : {"predictions/a.h5", "predictions/a.nii.gz"}) {
      Request request;
      request.sources.prediction = folder / prediction;
      request.sources.reference = folder / reference;
      request.regions = {"brats"};
      request.metrics = {"dice", "hd100_mm"};
      const auto e = evaluate(request, 1);
      EXPECT_NEAR(value(e, "a", "TC", "dice"), 2.0 / 3, 1e-9) << prediction << " " << reference;
      EXPECT_DOUBLE_EQ(value(e, "a", "TC", "hd100_mm"), 2) << prediction << " " << reference;
    }
}

TEST(Evaluate, WithoutProbabilitiesTheirScoresAreLeftOutUnlessAskedFor) {
  const Folder folder;
  write_cohort(folder);
  auto p = prediction_b();
  p.probability.reset();
  io::write_prediction(folder / "predictions/b.h5", p, {}, {.force = true});
  auto request = of_sheet(folder);
  const auto e = evaluate(request, 1);
  EXPECT_TRUE(e.pooled.empty());
  for (const auto& row : case_table(e).rows) {
    EXPECT_NE(row[2], "ap");
    EXPECT_NE(row[2], "dice_best");
  }
  request.metrics = {"dice", "ap"};
  EXPECT_THROW(evaluate(request, 1), DataError);
}

TEST(Evaluate, AMissingPredictionCountsAsEmptyEverywhere) {
  const Folder folder;
  write_cohort(folder);
  std::filesystem::remove(folder / "predictions/b.h5");
  auto request = of_sheet(folder);
  EXPECT_THROW(evaluate(request, 1), DataError);
  request.sources.missing_is_worst = true;
  const auto e = evaluate(request, 1);
  EXPECT_EQ(value(e, "b", "TC", "dice"), 0);
  EXPECT_EQ(value(e, "b", "TC", "dice_best"), 0);
  EXPECT_NEAR(value(e, "b", "TC", "ap"), 1.0 / 512, 1e-9);
  EXPECT_TRUE(e.cases[1].missing);
}

TEST(Evaluate, RefusesAPredictionOfAnotherCase) {
  const Folder folder;
  write_cohort(folder);
  io::write_prediction(folder / "predictions/a.h5", prediction_b(), {}, {.force = true});
  try {
    evaluate(of_sheet(folder), 1);
    FAIL();
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("case a: "));
    EXPECT_THAT(error.what(), testing::HasSubstr("is a prediction of case b"));
  }
}

TEST(Evaluate, FindsTheBrainInTheVolume) {
  const Folder folder;
  write_cohort(folder);
  auto v = volume_b();
  v.data.image.voxels[at(3, 3, 3)] = 0;  // one voxel of the 125 is not brain
  io::write_volume(folder / "volumes/b.h5", v, {}, {.force = true});
  auto request = of_sheet(folder);
  request.domain = "brain";
  EXPECT_NEAR(value(evaluate(request, 1), "b", "TC", "spec"), 122.0 / 123, 1e-9);
  v.data.brain = Labels{v.data.image.grid, std::vector<uint8_t>(125)};
  for (int i = 0; i < 10; ++i) v.data.brain->voxels[static_cast<size_t>(i)] = 1;
  io::write_volume(folder / "volumes/b.h5", v, {}, {.force = true});
  EXPECT_NEAR(value(evaluate(request, 1), "b", "TC", "spec"), 9.0 / 10, 1e-9);
}

TEST(Evaluate, RefusesVolumesWithoutLabels) {
  const Folder folder;
  write_cohort(folder);
  auto v = volume_a();
  v.data.label.reset();
  io::write_volume(folder / "volumes/a.h5", v, {}, {.force = true});
  EXPECT_THROW(evaluate(of_sheet(folder), 1), DataError);
}

TEST(SummaryJson, HoldsCountsOptionsAndNoBareNaN) {
  const Folder folder;
  write_cohort(folder);
  auto request = of_sheet(folder);
  request.empty = "nan";
  const auto e = evaluate(request, 1);
  const auto json = nlohmann::json::parse(summary_json(e, {}));  // strict: no NaN, no Infinity
  EXPECT_EQ(json["schema"], "evaluation");
  EXPECT_EQ(json["convention"], "nan");
  EXPECT_EQ(json["regions"][1]["codes"], (std::vector<int>{1, 4}));
  bool found = false;
  for (const auto& row : json["summary"])
    if (row["region"] == "ET" && row["metric"] == "dice") {
      found = true;
      EXPECT_EQ(row["n_total"], 2);
      EXPECT_EQ(row["n_both_empty"], 1);
      EXPECT_EQ(row["n_nan"], 1);
      EXPECT_EQ(row["mean"], 1.0);
      EXPECT_TRUE(row["std_ddof1"].is_null());
    }
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace kdseg::scoring
