#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "base/errors.h"
#include "image/scan.h"
#include "scoring/evaluation.h"
#include "scoring/report.h"
#include "unit/scoring/cohort.h"

namespace kdseg::scoring {
namespace {

/// Maps of all regions, certain but for three voxels of case a's tumor core and its background.
io::Prediction uncertain(io::Prediction p) {
  p.uncertainty = Image{p.label.grid, {"ET", "TC", "WT"}, std::vector<float>(3 * 125)};
  float* core = p.uncertainty->channel(1);
  core[at(1, 1, 1)] = 40;  // true positive of case a
  core[at(1, 1, 2)] = 80;  // missed
  core[at(4, 4, 4)] = 60;  // true negative
  return p;
}

Request of_cohort(const Folder& folder) {
  write_cohort(folder);
  io::write_prediction(folder / "predictions/a.h5", uncertain(prediction_a()), {}, {.force = true});
  io::write_prediction(folder / "predictions/b.h5", uncertain(prediction_b()), {}, {.force = true});
  Request request;
  request.sources.selection.cases = folder / "volumes/cases.tsv";
  request.sources.selection.where = {"split=test"};
  request.sources.prediction = folder / "predictions";
  request.unc_thresholds = {0, 50, 100};
  return request;
}

std::optional<double> value(const Evaluation& e, const std::string& id, const std::string& region,
                            const std::string& metric) {
  for (const auto& row : case_table(e).rows)
    if (row[0] == id && row[1] == region && row[2] == metric) return std::stod(row[3]);
  return std::nullopt;
}

std::string message_of(const Request& request) {
  return test::message_of<DataError>([&] { evaluate(request, 1); });
}

TEST(Uncertainty, OfPredictionsIsScoredOnTheGridOfTheScan) {
  const Folder folder;
  const auto e = evaluate(of_cohort(folder), 1);
  // Dice 1, 1, 2/3 and FTP 1, 0, 0 at T = 0, 50, 100. Of the 123 true negatives in the brain (the
  // part that the volume kept) one is filtered at 0 and 50.
  const double dice = (1 + (1 + 2.0 / 3) / 2) / 2, ftp = .25, ftn = .75 / 123;
  EXPECT_NEAR(*value(e, "a", "TC", "qu_dice_auc"), dice, 1e-9);
  EXPECT_NEAR(*value(e, "a", "TC", "qu_ftp_auc"), ftp, 1e-7);
  EXPECT_NEAR(*value(e, "a", "TC", "qu_ftn_auc"), ftn, 1e-7);
  EXPECT_NEAR(*value(e, "a", "TC", "qu_score"), (dice + 1 - ftp + 1 - ftn) / 3, 1e-7);
  EXPECT_NEAR(*value(e, "a", "ET", "qu_score"), 1, 1e-9);  // certain and right
  EXPECT_NEAR(*value(e, "b", "ET", "qu_score"), 1, 1e-9);  // nothing there and nothing found
  EXPECT_EQ(curve_table(e).rows.size(), 2u * 3 * 3);
  EXPECT_EQ(curve_table(e).rows[4],  // case a, the second region, the middle threshold
            (std::vector<std::string>{"a", "TC", "50", "1", "0", curve_table(e).rows[4][5]}));
}

TEST(Uncertainty, TheBrainIsWhereT1IsNotZero) {
  const Folder folder;
  auto request = of_cohort(folder);
  auto v = volume_a();
  v.data.image.channels = {"flair", "t1"};
  v.data.image.voxels.assign(2 * 125, 1.0f);
  v.data.image.channel(1)[at(4, 4, 4)] = 0;
  io::write_volume(folder / "volumes/a.h5", v, {}, {.force = true});
  EXPECT_EQ(value(evaluate(request, 1), "a", "TC", "qu_ftn_auc"), 0);
  v.data.brain = Labels{v.data.image.grid, std::vector<uint8_t>(125)};
  v.data.brain->voxels[at(4, 4, 4)] = v.data.brain->voxels[at(0, 0, 0)] = 1;
  io::write_volume(folder / "volumes/a.h5", v, {}, {.force = true});
  EXPECT_NEAR(*value(evaluate(request, 1), "a", "TC", "qu_ftn_auc"), .75 / 2, 1e-6);
}

TEST(Uncertainty, TwoTermsAndTheFormOf2019) {
  const Folder folder;
  auto request = of_cohort(folder);
  request.qu_score = "two-term";
  const double dice = (1 + (1 + 2.0 / 3) / 2) / 2;
  EXPECT_NEAR(*value(evaluate(request, 1), "a", "TC", "qu_score"), (dice + .75) / 2, 1e-7);
  request.qu_score = "2019";  // certain voxels are filtered at T = 0 too; nothing else changes
  EXPECT_NEAR(*value(evaluate(request, 1), "a", "TC", "qu_score"), (dice + .75) / 2, 1e-7);
  EXPECT_NEAR(*value(evaluate(request, 1), "a", "TC", "qu_ftn_auc"), .25 + .5 / 123, 1e-6);
}

TEST(Uncertainty, MayComeFromOtherFiles) {
  const Folder folder;
  const auto request = of_cohort(folder);
  const auto expected = value(evaluate(request, 1), "a", "TC", "qu_score");
  for (const auto& [id, p] : {std::pair{"a", prediction_a()}, std::pair{"b", prediction_b()}}) {
    const auto maps = uncertain(p);
    std::filesystem::rename(folder / ("predictions/" + std::string(id) + ".h5"),
                            folder / ("maps/" + std::string(id) + ".h5"));
    io::write_prediction(folder / ("predictions/" + std::string(id) + ".h5"), p, {});
    const auto restored = voxels::restore(maps.chain, *maps.uncertainty, {0.0f});
    for (size_t r = 0; r < 3; ++r)
      image::write_scan(
          folder / ("scans/" + std::string(id) + "_" + restored.channels[r] + ".nii.gz"),
          restored.grid, restored.channel(r));
  }
  EXPECT_FALSE(value(evaluate(request, 1), "a", "TC", "qu_score"));
  for (const std::string source : {"maps", "scans"}) {
    auto other = request;
    other.sources.uncertainty = folder / source;
    EXPECT_EQ(value(evaluate(other, 1), "a", "TC", "qu_score"), expected) << source;
  }
  auto wrong = request;
  wrong.sources.uncertainty = folder / "maps";
  std::filesystem::copy_file(folder / "maps/b.h5", folder / "maps/a.h5",
                             std::filesystem::copy_options::overwrite_existing);
  EXPECT_THAT(message_of(wrong), testing::HasSubstr("holds uncertainties of case b"));
  std::filesystem::remove(folder / "maps/a.h5");
  EXPECT_THAT(message_of(wrong), testing::HasSubstr("no uncertainty for case a"));
}

TEST(Uncertainty, ValuesOutsideTheRangeNameCaseAndRegion) {
  for (const float wrong : {-1.0f, 100.5f, NAN}) {
    const Folder folder;
    const auto request = of_cohort(folder);
    auto p = uncertain(prediction_b());
    p.uncertainty->channel(2)[7] = wrong;
    io::write_prediction(folder / "predictions/b.h5", p, {}, {.force = true});
    EXPECT_THAT(message_of(request), testing::StartsWith("case b: region WT: uncertainty "))
        << wrong;
  }
}

TEST(Uncertainty, OfSomeCasesOrRegionsOnlyIsLeftOutOrRefused) {
  const Folder folder;
  auto request = of_cohort(folder);
  auto p = uncertain(prediction_b());
  p.uncertainty->channels[0] = "necrosis";  // in place of ET
  io::write_prediction(folder / "predictions/b.h5", p, {}, {.force = true});
  const auto e = evaluate(request, 1);
  EXPECT_FALSE(value(e, "a", "ET", "qu_score"));
  EXPECT_TRUE(value(e, "a", "TC", "qu_score"));
  for (const SummaryRow& row : e.summaries)
    EXPECT_FALSE(row.region == "ET" && row.metric == "qu_score");
  request.metrics = {"qu_score"};
  EXPECT_EQ(message_of(request), "case b: region ET: no uncertainty map, which other cases have");
}

TEST(Uncertainty, AskedForButAbsentIsAnError) {
  const Folder folder;
  write_cohort(folder);
  Request request;
  request.sources.selection.cases = folder / "volumes/cases.tsv";
  request.sources.selection.where = {"split=test"};
  request.sources.prediction = folder / "predictions";
  const auto e = evaluate(request, 1);
  EXPECT_FALSE(value(e, "a", "TC", "qu_score"));
  request.wants_curves = true;
  EXPECT_THAT(message_of(request), testing::HasSubstr("no uncertainty maps"));
  request.wants_curves = false;
  request.metrics = {"dice"};
  request.sources.uncertainty = folder / "predictions";
  EXPECT_THROW(evaluate(request, 1), UsageError);
}

TEST(Uncertainty, AMissingPredictionScoresZero) {
  const Folder folder;
  auto request = of_cohort(folder);
  std::filesystem::remove(folder / "predictions/b.h5");
  request.sources.missing_is_worst = true;
  const auto e = evaluate(request, 1);
  EXPECT_EQ(value(e, "b", "ET", "qu_score"), 0);
  EXPECT_EQ(value(e, "b", "ET", "qu_ftn_auc"), 1);
  EXPECT_TRUE(value(e, "a", "ET", "qu_score"));
}

TEST(Uncertainty, ThresholdsMustAscend) {
  const Folder folder;
  auto request = of_cohort(folder);
  for (const std::vector<double>& wrong :
       {std::vector<double>{50}, {50, 50}, {75, 25}, {0, 101}, {-1, 50}}) {
    request.unc_thresholds = wrong;
    EXPECT_THROW(evaluate(request, 1), UsageError);
  }
}

}  // namespace
}  // namespace kdseg::scoring
