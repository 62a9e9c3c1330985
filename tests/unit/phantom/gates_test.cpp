// Gates: their arithmetic on small numbers, and that a default cohort passes them.
#include "phantom/brain/gates.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/errors.h"
#include "unit/phantom/cases.h"

namespace kdseg::phantom {
namespace {

TEST(AreaUnderCurve, CountsPairs) {
  EXPECT_DOUBLE_EQ(area_under_curve({2, 3}, {0, 1}), 1);
  EXPECT_DOUBLE_EQ(area_under_curve({0, 1}, {2, 3}), 0);
  EXPECT_DOUBLE_EQ(area_under_curve({1}, {1}), 0.5);
  EXPECT_DOUBLE_EQ(area_under_curve({1, 4}, {0, 2, 5}), 0.5);  // 1>0, 4>0, 4>2 of 6 pairs
  EXPECT_TRUE(std::isnan(area_under_curve({}, {1})));
}

CaseStatistics square_case(double shift) {
  // Codes 4 and 1 differ only along flair + t2; flair and t2 alone overlap fully.
  CaseStatistics c;
  for (int i = -5; i <= 5; ++i)
    for (int j = -5; j <= 5; ++j) {
      const float along = static_cast<float>(i), across = static_cast<float>(j) * 0.1f;
      c.voxel.push_back({along + across + 0.7f + static_cast<float>(shift), 0, 0, -along + across});
      c.code.push_back(code_et);
      c.voxel.push_back({along + across - 0.7f + static_cast<float>(shift), 0, 0, -along + across});
      c.code.push_back(code_ncr);
    }
  return c;
}

TEST(DiscriminantAuc, FindsTheDirectionThatSeparates) {
  const std::vector<CaseStatistics> cases{square_case(0), square_case(0.1), square_case(-0.1)};
  EXPECT_GT(discriminant_auc(cases, {code_et}, {code_ncr}, {flair, t2}), 0.85);
  EXPECT_LT(discriminant_auc(cases, {code_et}, {code_ncr}, {flair}), 0.65);
  EXPECT_TRUE(std::isnan(discriminant_auc({square_case(0)}, {code_et}, {code_ncr}, {flair, t2})));
}

TEST(Gates, DefaultCohortPasses) {
  const auto gates = evaluate_gates(make_statistics(BrainKnobs{}, 16, 7), BrainKnobs{}, true);
  EXPECT_EQ(gates.size(), 14u);
  for (const auto& gate : gates) {
    EXPECT_TRUE(gate.binding) << gate.name;
    EXPECT_TRUE(gate.passed()) << gate.name << " is " << gate.value;
  }
}

TEST(Gates, BindOnlyWithEnoughCasesAndDefaultKnobs) {
  const auto statistics = make_statistics(BrainKnobs{}, 2);
  for (const auto& gate : evaluate_gates(statistics, BrainKnobs{}, true))
    EXPECT_EQ(gate.binding, gate.name == "clean") << gate.name;

  std::vector<CaseStatistics> many;
  for (int i = 0; i < 8; ++i) many.insert(many.end(), statistics.begin(), statistics.end());
  BrainKnobs dark;
  dark.contrast_mmol = 0;
  for (const auto& gate : evaluate_gates(many, dark, true)) {
    const bool of_shape = gate.name.starts_with("median-ml") || gate.name == "lgg-without-et";
    EXPECT_EQ(gate.binding, of_shape || gate.name == "clean") << gate.name;
  }
  BrainKnobs large;
  large.radius_mm = {18, 30};
  for (const auto& gate : evaluate_gates(many, large, true))
    EXPECT_EQ(gate.binding, gate.name == "clean") << gate.name;
  for (const auto& gate : evaluate_gates(many, BrainKnobs{}, false))
    EXPECT_EQ(gate.binding, gate.name == "clean") << gate.name;
}

TEST(Gates, NoticeMasksThatDiffer) {
  auto c = make_cases(BrainKnobs{}, 1)[0];
  const auto clean = [&] {
    return statistics_of(c.scans, c.label, coarse_grid(), true).one_mask &&
           statistics_of(c.scans, c.label, coarse_grid(), true).labels_inside;
  };
  EXPECT_TRUE(clean());
  c.scans[t2][0] = 5;
  EXPECT_FALSE(clean());
  c.scans[t2][0] = 0;
  c.label[0] = code_et;
  EXPECT_FALSE(clean());
}

TEST(KnobTable, ChecksRangesAndPairs) {
  EXPECT_NO_THROW(check(BrainKnobs{}));
  BrainKnobs knobs;
  knobs.radius_mm = {24, 12};
  EXPECT_THROW(check(knobs), UsageError);
  knobs.radius_mm = {12, 99};
  EXPECT_THROW(check(knobs), UsageError);
  knobs.radius_mm = {12};
  EXPECT_THROW(check(knobs), UsageError);
  knobs = {};
  knobs.kappa = 1.5;
  EXPECT_THROW(check(knobs), UsageError);
  knobs.kappa = std::nan("");
  EXPECT_THROW(check(knobs), UsageError);
  knobs = {};
  knobs.t1_variant = "spin";
  EXPECT_THROW(check(knobs), UsageError);
}

TEST(KnobTable, GridsFollowBrats) {
  const Grid full = grid_of_size("full");
  EXPECT_EQ(full.size, (std::array<int64_t, 3>{240, 240, 155}));
  EXPECT_EQ(full.origin_mm, (std::array<double, 3>{0, -239, 0}));
  EXPECT_EQ(full.direction, (std::array<double, 9>{1, 0, 0, 0, 1, 0, 0, 0, 1}));
  EXPECT_EQ(grid_of_size("small").origin_mm[1], -222);
  EXPECT_THROW(grid_of_size("large"), UsageError);
  EXPECT_THROW(grid_of({8, 48, 48}, 4), UsageError);
  EXPECT_THROW(grid_of({48, 48, 48}, 0.1), UsageError);
}

}  // namespace
}  // namespace kdseg::phantom
