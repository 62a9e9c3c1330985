#include "scoring/scores.h"

#include <gtest/gtest.h>

#include <set>

#include "base/errors.h"
#include "scoring/score_case.h"

namespace kdseg::scoring {
namespace {

std::set<std::string> names(const std::vector<std::string>& asked, bool smooth = false) {
  std::set<std::string> found;
  for (const ScoreRow* row : choose_scores(asked, smooth)) found.insert(row->name);
  return found;
}

TEST(Scores, AreChosenByName) {
  EXPECT_EQ(names({"hd95_mm", "dice"}), (std::set<std::string>{"dice", "hd95_mm"}));
  EXPECT_EQ(names({"all"}).size(), score_rows().size());
  EXPECT_TRUE(names({}).contains("dice"));
  EXPECT_FALSE(names({}).contains("dice_smooth"));
  EXPECT_TRUE(names({"dice"}, true).contains("dice_smooth"));
  EXPECT_THROW(choose_scores(std::vector<std::string>{"hd95"}, false), UsageError);
}

TEST(Scores, OfEmptyMasksFollowTheConventionAndTheCounts) {
  Rules rules;
  RegionMeasures missed;
  missed.counts = missed.domain = {0, 0, 10, 90};
  missed.voxel_ml = 0.001;
  const auto value = [&](const std::string& name) {
    const auto row = choose_scores(std::vector<std::string>{name}, false).front();
    return score(*row, missed, rules, 50.0);
  };
  EXPECT_EQ(value("dice").status, metrics::Status::pred_empty);
  EXPECT_EQ(value("dice").value, 0);
  EXPECT_EQ(value("hd95_mm").value, 50);
  EXPECT_EQ(value("rvd").value, -1);
  EXPECT_EQ(value("avd_pct").value, 100);
  EXPECT_EQ(value("vs").value, 0);
  EXPECT_EQ(value("spec").value, 1);
  EXPECT_DOUBLE_EQ(value("vol_ref_ml").value, 0.01);
  EXPECT_DOUBLE_EQ(value("dice_smooth").value, 1.0 / 11);
}

}  // namespace
}  // namespace kdseg::scoring
