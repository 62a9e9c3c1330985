#include "metrics/uncertainty.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "base/errors.h"

namespace kdseg::metrics {
namespace {

std::vector<uint8_t> mask(const std::string& digits) {
  std::vector<uint8_t> m;
  for (const char c : digits) m.push_back(static_cast<uint8_t>(c - '0'));
  return m;
}

/// Eight voxels, all of them brain.
struct Eight {
  std::vector<float> u{0, 60, 80, 90, 10, 0, 0, 50};
  std::vector<uint8_t> r = mask("11100000"), p = mask("11010000"), b = mask("11111111");

  std::vector<FilteredPoint> curve(const std::vector<double>& thresholds,
                                   Kept kept = Kept::at_most) const {
    return filter_by_uncertainty(u, p, r, b, thresholds, kept);
  }
};

/// Eight voxels, the last one outside the brain.
Eight seven_of_eight() {
  return {{10, 60, 80, 90, 5, 30, 20, 55}, mask("11100010"), mask("11010000"), mask("11111110")};
}

const std::vector<double> five = even_thresholds(4);

void expect_curve(const std::vector<FilteredPoint>& points, const std::vector<double>& dice,
                  const std::vector<double>& ftp, const std::vector<double>& ftn) {
  ASSERT_EQ(points.size(), dice.size());
  for (size_t i = 0; i < points.size(); ++i) {
    EXPECT_NEAR(points[i].dice, dice[i], 5e-7) << points[i].threshold;
    EXPECT_NEAR(points[i].ftp, ftp[i], 1e-6) << points[i].threshold;  // eps 2^-23 in the divisor
    EXPECT_NEAR(points[i].ftn, ftn[i], 1e-6) << points[i].threshold;
  }
}

TEST(FilterByUncertainty, EightVoxelsAtFiveThresholds) {
  const auto points = Eight{}.curve(five);
  expect_curve(points, {1, 1, 1, 1, 2.0 / 3}, {.5, .5, .5, 0, 0}, {.5, .25, 0, 0, 0});
  const auto s = uncertainty_scores(points, UncertaintyForm::three_term);
  EXPECT_NEAR(s.dice_auc, .9583333, 5e-8);
  EXPECT_NEAR(s.ftp_auc, .3125, 1e-7);
  EXPECT_NEAR(s.ftn_auc, .125, 1e-7);
  EXPECT_NEAR(s.score, .8402778, 5e-8);
  EXPECT_NEAR(uncertainty_scores(points, UncertaintyForm::two_term).score, .8229167, 5e-8);
}

TEST(FilterByUncertainty, TheFormOf2019FiltersVoxelsAtTheThreshold) {
  // numpy, keeping u < T: areas .9583333, .375; (.9583333 + 1 - .375) / 2
  const auto form = UncertaintyForm::form_2019;
  const auto points = Eight{}.curve(five, kept_by(form));
  expect_curve(points, {1, 1, 1, 1, 2.0 / 3}, {1, .5, .5, 0, 0}, {1, .25, .25, 0, 0});
  EXPECT_NEAR(uncertainty_scores(points, form).score, .7916667, 5e-8);
  // The largest uncertainty never stays under this rule.
  Eight certain;
  certain.u.assign(8, 100.0f);
  EXPECT_EQ(certain.curve({50, 100}, Kept::below).back().dice, 1);
  EXPECT_NEAR(certain.curve({50, 100}, Kept::below).back().ftp, 1, 1e-6);
}

TEST(FilterByUncertainty, VoxelsOutsideTheBrainCountForDiceOnly) {
  const auto e = seven_of_eight();
  expect_curve(e.curve({0, 25, 50, 75, 100}), {1, .666667, .666667, .8, .571429}, {1, .5, .5, 0, 0},
               {1, .5, 0, 0, 0});
  auto other = e;
  other.u[7] = 0;  // a true negative outside the brain
  EXPECT_EQ(other.curve(five)[0].ftn, e.curve(five)[0].ftn);
  other.p[7] = 1;  // now a false positive, which stays
  EXPECT_EQ(other.curve(five)[0].dice, 0);
}

TEST(FilterByUncertainty, AreasOfThreeChoicesOfThresholds) {
  const auto e = seven_of_eight();
  const struct {
    std::vector<double> thresholds;
    double dice, ftp, ftn, score;
  } expected[] = {{even_thresholds(40), .745119, .3375, .1625, .748373},
                  {five, .729762, .375, .25, .701587},
                  {{25, 50, 75, 100}, .695238, .25, .083333, .787302}};
  for (const auto& x : expected) {
    const auto s = uncertainty_scores(e.curve(x.thresholds), UncertaintyForm::three_term);
    EXPECT_NEAR(s.dice_auc, x.dice, 5e-7);
    EXPECT_NEAR(s.ftp_auc, x.ftp, 5e-7);
    EXPECT_NEAR(s.ftn_auc, x.ftn, 5e-7);
    EXPECT_NEAR(s.score, x.score, 5e-7);
  }
  EXPECT_EQ(even_thresholds(40).size(), 41u);
  EXPECT_EQ(even_thresholds(40)[1], 2.5);
}

TEST(FilterByUncertainty, AThousandVoxelsAgreeWithNumPy) {
  // numpy: per threshold k = u <= t; dice of g & k and p & k; np.trapezoid / 100
  std::vector<float> u;
  std::vector<uint8_t> r, p, b;
  for (int i = 0; i < 1000; ++i) {
    u.push_back(static_cast<float>((i * 37) % 1013 / 1012.0 * 100));
    r.push_back((i * 7919 % 997) < 300);
    p.push_back((i * 104729 % 991) < 320);
    b.push_back(i % 10 != 3);
  }
  const auto s = uncertainty_scores(filter_by_uncertainty(u, p, r, b, even_thresholds(40)),
                                    UncertaintyForm::three_term);
  EXPECT_NEAR(s.dice_auc, 0.3542493443975725, 1e-12);
  EXPECT_NEAR(s.ftp_auc, 0.4595833327245933, 1e-12);
  EXPECT_NEAR(s.ftn_auc, 0.49795560733794175, 1e-12);
  EXPECT_NEAR(s.score, 0.46557013477834586, 1e-12);
}

TEST(FilterByUncertainty, ACertainPredictionKeepsItsDice) {
  Eight e;
  e.u.assign(8, 0.0f);
  const auto s = uncertainty_scores(e.curve(even_thresholds(40)), UncertaintyForm::three_term);
  EXPECT_NEAR(s.dice_auc, 2.0 / 3, 1e-12);
  EXPECT_EQ(s.ftp_auc, 0);
  EXPECT_EQ(s.ftn_auc, 0);
  EXPECT_NEAR(s.score, (2.0 / 3 + 2) / 3, 1e-12);
}

TEST(FilterByUncertainty, AnEntirelyUncertainPredictionScoresAboutAThird) {
  Eight e;
  e.u.assign(8, 100.0f);
  const auto points = e.curve(even_thresholds(40));
  EXPECT_EQ(points.front().dice, 1);  // nothing is left
  EXPECT_NEAR(points[39].ftp, 1, 1e-6);
  EXPECT_EQ(points.back().ftp, 0);
  EXPECT_NEAR(points.back().dice, 2.0 / 3, 1e-12);
  const auto s = uncertainty_scores(points, UncertaintyForm::three_term);
  EXPECT_NEAR(s.score, 1.0 / 3, .01);
}

TEST(FilterByUncertainty, EmptyMasks) {
  Eight e;
  e.p = e.r = mask("00000000");
  for (const auto& point : e.curve(five)) {
    EXPECT_EQ(point.dice, 1);
    EXPECT_EQ(point.ftp, 0);
  }
  // A missed structure: Dice 0 until every voxel of it is filtered; no true positives to lose.
  e.r = mask("11100000");  // U = 0, 60, 80
  e.u[0] = 40;
  expect_curve(e.curve(five), {1, 1, 0, 0, 0}, {0, 0, 0, 0, 0}, {.6, .4, .2, .2, 0});
}

TEST(FilterByUncertainty, RefusesWhatIsNoUncertainty) {
  for (const float wrong : {-0.01f, 100.01f, NAN, INFINITY}) {
    Eight e;
    e.u[6] = wrong;
    EXPECT_THROW(e.curve(five), DataError) << wrong;
  }
  Eight rounding;
  rounding.u[6] = 100.0001f;  // stays at T = 100
  EXPECT_NEAR(rounding.curve(five).back().ftn, 0, 1e-12);
  Eight shorter;
  shorter.b.pop_back();
  EXPECT_THROW(shorter.curve(five), DataError);
}

TEST(UncertaintyScores, AMissingPredictionScoresZero) {
  const auto s = uncertainty_scores(worst_curve(five), UncertaintyForm::three_term);
  EXPECT_EQ(s.dice_auc, 0);
  EXPECT_EQ(s.ftp_auc, 1);
  EXPECT_EQ(s.ftn_auc, 1);
  EXPECT_EQ(s.score, 0);
}

TEST(UncertaintyForm, NamesAreThoseOfTheCommandLine) {
  EXPECT_EQ(uncertainty_form("two-term"), UncertaintyForm::two_term);
  EXPECT_EQ(uncertainty_form("2019"), UncertaintyForm::form_2019);
  EXPECT_THROW(uncertainty_form("four-term"), UsageError);
}

}  // namespace
}  // namespace kdseg::metrics
