// What holds for every case, and the direction in which each knob pushes.
#include "phantom/brain/brain_case.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "unit/phantom/cases.h"

namespace kdseg::phantom {
namespace {

double auc_without_t1ce(const BrainKnobs& knobs) {
  return discriminant_auc(make_statistics(knobs, 8), {code_et}, {code_ncr}, {flair, t1, t2});
}

double volume(const std::vector<uint8_t>& label, uint8_t code) {
  return static_cast<double>(std::count(label.begin(), label.end(), code)) *
         coarse_grid().voxel_volume_ml();
}

TEST(BrainCase, BackgroundIsZeroInAllSequencesAndLabelsLieInTheBrain) {
  for (const auto& c : make_cases(BrainKnobs{}, 4)) {
    size_t brain = 0;
    for (size_t i = 0; i < c.label.size(); ++i) {
      const bool here = c.scans[0][i] > 0;
      brain += here;
      for (const auto& scan : c.scans) ASSERT_EQ(scan[i] > 0, here);
      for (const auto& scan : c.scans) ASSERT_GE(scan[i], 0);
      ASSERT_TRUE(c.label[i] == 0 || c.label[i] == 1 || c.label[i] == 2 || c.label[i] == 4);
      ASSERT_TRUE(here || c.label[i] == 0);
    }
    const double liters = static_cast<double>(brain) * coarse_grid().voxel_volume_ml() / 1000;
    EXPECT_GT(liters, 0.9);
    EXPECT_LT(liters, 2.0);
  }
}

TEST(BrainCase, LeavesTheGridsBorderFree) {
  // A brain that touched the border would be cut: no recipe could know how much is missing.
  BrainKnobs knobs;
  const auto& n = coarse_grid().size;
  for (const auto& c : make_cases(knobs, 6, 9))
    for (int64_t i = 0; i < coarse_grid().voxel_count(); ++i) {
      const int64_t x = i % n[0], y = i / n[0] % n[1], z = i / (n[0] * n[1]);
      const bool border =
          x == 0 || y == 0 || z == 0 || x == n[0] - 1 || y == n[1] - 1 || z == n[2] - 1;
      ASSERT_TRUE(!border || c.scans[0][static_cast<size_t>(i)] == 0);
    }
}

TEST(BrainCase, DoesNotDependOnThreadsOrOrder) {
  const auto alone = make_cases(BrainKnobs{}, 4, 3, 1),
             together = make_cases(BrainKnobs{}, 6, 3, 3);
  for (size_t i = 0; i < alone.size(); ++i) {
    EXPECT_EQ(alone[i].scans, together[i].scans);
    EXPECT_EQ(alone[i].label, together[i].label);
  }
  EXPECT_NE(alone[0].scans, alone[1].scans);
  EXPECT_NE(alone[0].scans, make_cases(BrainKnobs{}, 1, 4)[0].scans);
}

TEST(BrainCase, IsTheSamePatientOnFinerGrids) {
  const auto head = analytic_head();
  const BrainKnobs knobs;
  const auto coarse = make_brain_case(*head, coarse_grid(), knobs, 1, 0);
  const Grid fine = grid_of_size("small");
  const auto detailed = make_brain_case(*head, fine, knobs, 1, 0);
  const auto ml = [](const std::vector<uint8_t>& label, const Grid& grid) {
    return static_cast<double>(label.size() - std::count(label.begin(), label.end(), 0)) *
           grid.voxel_volume_ml();
  };
  EXPECT_EQ(coarse.plan.radius_mm, detailed.plan.radius_mm);
  EXPECT_NEAR(ml(coarse.label, coarse_grid()), ml(detailed.label, fine),
              0.35 * ml(detailed.label, fine));
}

TEST(BrainCase, GradesHaveTheAskedShare) {
  BrainKnobs knobs;
  int low = 0;
  for (uint64_t i = 0; i < 400; ++i) low += !is_high_grade(knobs, 11, i);
  EXPECT_NEAR(low, 100, 4);
  knobs.lgg_probability = 0;
  EXPECT_TRUE(is_high_grade(knobs, 11, 3));
  knobs.lgg_probability = 1;
  EXPECT_FALSE(is_high_grade(knobs, 11, 3));
}

TEST(BrainCase, LowGradeEnhancesLittle) {
  BrainKnobs knobs;
  knobs.lgg_probability = 0;
  double high = 0, low = 0;
  for (const auto& c : make_cases(knobs, 4)) high += volume(c.label, code_et);
  knobs.lgg_probability = 1;
  for (const auto& c : make_cases(knobs, 4)) low += volume(c.label, code_et);
  EXPECT_GT(high, 10 * low);
}

TEST(BrainCase, RadiusSetsTheVolumeOfTheCore) {
  BrainKnobs knobs;
  knobs.radius_mm = {20, 20};
  double ml = 0;
  constexpr int n = 6;
  for (const auto& c : make_cases(knobs, n))
    ml += (volume(c.label, code_ncr) + volume(c.label, code_et)) / n;
  const double ball = 4.0 / 3 * std::acos(-1.0) * 8;  // 20 mm
  EXPECT_GT(ml, 0.8 * ball);
  EXPECT_LT(ml, 1.4 * ball);
}

TEST(Knobs, WithoutContrastAgentT1ceCarriesNothingNew) {
  BrainKnobs knobs;
  knobs.contrast_mmol = 0;
  knobs.noise = 0;
  knobs.bias = {0, 0};
  knobs.misregistration_mm = 0;
  knobs.slice_thickness_mm = {0, 0};
  knobs.gain = {500, 500};
  for (const auto& c : make_cases(knobs, 2)) EXPECT_EQ(c.scans[t1], c.scans[t1ce]);
  knobs.contrast_mmol = 0.14;
  const auto dosed = make_cases(knobs, 1)[0];
  double ratio = 0, count = 0;
  for (size_t i = 0; i < dosed.label.size(); ++i)
    if (dosed.label[i] == code_et) {
      ratio += static_cast<double>(dosed.scans[t1ce][i]) / dosed.scans[t1][i];
      ++count;
    }
  EXPECT_GT(ratio / count, 1.3);
}

TEST(Knobs, KappaMakesEnhancingTumorInferableWithoutT1ce) {
  BrainKnobs knobs;
  knobs.lgg_probability = 0;
  std::vector<double> auc;
  for (const double kappa : {0.0, 0.3, 1.0}) {
    knobs.kappa = kappa;
    auc.push_back(auc_without_t1ce(knobs));
  }
  EXPECT_LT(auc[0], 0.65);
  EXPECT_GT(auc[1], auc[0] + 0.05);
  EXPECT_GT(auc[2], auc[1] + 0.05);
  EXPECT_GT(auc[2], 0.95);
}

TEST(Knobs, NoiseAndHeterogeneityLowerSeparability) {
  BrainKnobs knobs;
  knobs.lgg_probability = 0;
  knobs.kappa = 0.6;
  const double usual = auc_without_t1ce(knobs);
  knobs.noise = 0.1;
  EXPECT_LT(auc_without_t1ce(knobs), usual);
  knobs.noise = 0.03;
  knobs.heterogeneity_lesion = 0.3;
  EXPECT_LT(auc_without_t1ce(knobs), usual);
}

TEST(Knobs, LabelNoiseChangesLabelsAndNothingElse) {
  BrainKnobs knobs;
  const auto clean = make_cases(knobs, 1)[0];
  knobs.label_noise = 0.3;
  const auto noisy = make_cases(knobs, 1)[0];
  EXPECT_EQ(clean.scans, noisy.scans);
  double tumor = 0, changed = 0;
  for (size_t i = 0; i < clean.label.size(); ++i) {
    EXPECT_EQ(clean.label[i] == 0, noisy.label[i] == 0);
    tumor += clean.label[i] != 0;
    changed += clean.label[i] != noisy.label[i];
  }
  EXPECT_NEAR(changed / tumor, 0.3 * 2 / 3, 0.03);  // a redrawn code is the old one in a third
}

TEST(Knobs, VesselsShineOnT1ceOutsideTheTumor) {
  BrainKnobs knobs;
  const auto plain = make_cases(knobs, 1)[0];
  knobs.vessels = 12;
  const auto rich = make_cases(knobs, 1)[0];
  EXPECT_EQ(plain.label, rich.label);
  double brighter = 0;
  for (size_t i = 0; i < plain.label.size(); ++i)
    brighter += rich.label[i] == 0 && rich.scans[t1ce][i] > 1.3 * plain.scans[t1ce][i];
  EXPECT_GT(brighter, 20);
}

TEST(Knobs, MassEffectMovesTheAnatomyAndKeepsTheCore) {
  BrainKnobs knobs;
  const auto still = make_cases(knobs, 1)[0];
  knobs.mass_effect = 0.3;
  const auto pushed = make_cases(knobs, 1)[0];
  EXPECT_NE(still.scans[t2], pushed.scans[t2]);
  const double before = volume(still.label, code_et) + volume(still.label, code_ncr);
  EXPECT_NEAR(volume(pushed.label, code_et) + volume(pushed.label, code_ncr), before, 0.1 * before);
}

TEST(Knobs, SmallFieldsOfViewShrinkTheHead) {
  const auto head = analytic_head();
  EXPECT_DOUBLE_EQ(frame_for(coarse_grid(), *head).voxel_mm, 4);
  const Grid little = grid_of({24, 24, 24}, 4);
  EXPECT_GT(frame_for(little, *head).voxel_mm, 7);
  const auto c = make_brain_case(*head, little, BrainKnobs{}, 1, 0);
  EXPECT_GT(c.label.size() - std::count(c.label.begin(), c.label.end(), 0), 50u);
}

}  // namespace
}  // namespace kdseg::phantom
