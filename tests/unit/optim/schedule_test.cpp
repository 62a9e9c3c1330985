#include <gtest/gtest.h>

#include <cmath>

#include "optim/schedule.h"

namespace kdseg::optim {
namespace {

TEST(Schedule, ConstantByDefault) {
  const Schedule schedule{.base = 2e-4};
  for (const int64_t step : {0, 1, 500, 999}) EXPECT_EQ(schedule.at(step, 1000), 2e-4);
}

TEST(Schedule, WarmsUpAndDecaysToZero) {
  const Schedule schedule{.base = 1.0, .warmup_fraction = 0.1, .decay_from_fraction = 0.6};
  EXPECT_GT(schedule.at(0, 1000), 0.0);
  EXPECT_LT(schedule.at(0, 1000), 0.011);
  EXPECT_NEAR(schedule.at(50, 1000), 0.5, 0.01);
  EXPECT_EQ(schedule.at(100, 1000), 1.0);
  EXPECT_EQ(schedule.at(600, 1000), 1.0);
  EXPECT_NEAR(schedule.at(800, 1000), 0.5, 1e-12);
  EXPECT_NEAR(schedule.at(999, 1000), 0.0025, 1e-12);
}

TEST(Schedule, CutsInSteps) {
  // U-HeMIS: a quarter after every 10,000 of 60,000 iterations.
  const Schedule schedule{.base = 1e-3, .step_decay_every = 10000, .step_decay_factor = 0.25};
  EXPECT_DOUBLE_EQ(schedule.at(0, 60000), 1e-3);
  EXPECT_DOUBLE_EQ(schedule.at(9999, 60000), 1e-3);
  EXPECT_DOUBLE_EQ(schedule.at(10000, 60000), 2.5e-4);
  EXPECT_DOUBLE_EQ(schedule.at(25000, 60000), 6.25e-5);
  EXPECT_DOUBLE_EQ(schedule.at(59999, 60000), 9.765625e-7);
}

TEST(Schedule, FallsByAPower) {
  // "poly": rate (1 - e/E)^0.9, Nalwade & Kisa's alternative.
  const Schedule schedule{.base = 2e-4, .decay_from_fraction = 0, .decay_power = 0.9};
  EXPECT_DOUBLE_EQ(schedule.at(0, 280), 2e-4);
  EXPECT_NEAR(schedule.at(140, 280), 2e-4 * std::pow(0.5, 0.9), 1e-18);
  EXPECT_NEAR(schedule.at(279, 280), 2e-4 * std::pow(1.0 / 280, 0.9), 1e-18);
}

TEST(Plateau, HasAFloor) {
  Plateau plateau({.factor = 0.1, .patience = 0, .least = 0.005});
  plateau.update(0.5);
  EXPECT_TRUE(plateau.update(0.5));
  EXPECT_TRUE(plateau.update(0.5));
  EXPECT_TRUE(plateau.update(0.5));
  EXPECT_DOUBLE_EQ(plateau.scale(), 0.005);
  EXPECT_FALSE(plateau.update(0.5)) << "nothing is cut below the floor";
}

TEST(Plateau, CutsAtTheThirtyFirstEpochWithoutImprovement) {
  Plateau plateau{Plateau::Options{}};
  for (int64_t epoch = 0; epoch < 70; ++epoch)
    EXPECT_EQ(plateau.update(0.5), epoch == 31 || epoch == 62) << "epoch " << epoch;
  EXPECT_EQ(plateau.scale(), 0.25);
}

TEST(Plateau, ImprovementMustExceedTheThreshold) {
  Plateau plateau{Plateau::Options{.patience = 0}};
  plateau.update(0.5);
  EXPECT_FALSE(plateau.update(0.5001));
  EXPECT_TRUE(plateau.update(0.5001 * (1 + 0.9e-4)));
}

TEST(Plateau, ZeroIsAMetricLikeAnyOther) {
  Plateau plateau{Plateau::Options{.patience = 1}};
  EXPECT_FALSE(plateau.update(0.0));
  EXPECT_FALSE(plateau.update(0.0));
  EXPECT_TRUE(plateau.update(0.0));
}

TEST(Plateau, OffNeverCuts) {
  Plateau plateau{Plateau::Options{.on = false}};
  for (int epoch = 0; epoch < 100; ++epoch) EXPECT_FALSE(plateau.update(0.5));
  EXPECT_EQ(plateau.scale(), 1.0);
}

TEST(Plateau, ContinuesFromASavedState) {
  Plateau whole{Plateau::Options{}}, first{Plateau::Options{}}, second{Plateau::Options{}};
  for (int epoch = 0; epoch < 20; ++epoch) {
    whole.update(0.5);
    first.update(0.5);
  }
  io::Tree tree;
  first.save(tree, "/plateau");
  second.load(tree, "/plateau");
  for (int epoch = 0; epoch < 50; ++epoch) EXPECT_EQ(second.update(0.5), whole.update(0.5));
}

TEST(Schedule, StagesCutTheRateAtEqualPartsOfTheRun) {
  // Nalwade & Kisa, 280 epochs of 95 and of 47 updates, a cut every 28.
  const auto rate = [](double first, double factor, int64_t updates, int64_t epoch) {
    const Schedule schedule{.base = first, .step_decay_factor = factor, .stages = 10};
    return schedule.at(epoch * updates + updates / 2, 280 * updates);
  };
  EXPECT_DOUBLE_EQ(rate(2e-4, 0.6, 95, 0), 2e-4);
  EXPECT_DOUBLE_EQ(rate(2e-4, 0.6, 95, 27), 2e-4);
  EXPECT_DOUBLE_EQ(rate(2e-4, 0.6, 95, 28), 1.2e-4);
  EXPECT_NEAR(rate(2e-4, 0.6, 95, 279), 2.0155392e-6, 1e-13);
  EXPECT_DOUBLE_EQ(rate(0.1, 0.85, 47, 27), 0.1);
  EXPECT_DOUBLE_EQ(rate(0.1, 0.85, 47, 28), 0.085);
  EXPECT_NEAR(rate(0.1, 0.85, 47, 279), 0.02316169, 1e-8);
  const Schedule exact{.step_decay_factor = 0.5, .stages = 3};
  EXPECT_EQ(exact.at(9, 30), 1);
  EXPECT_EQ(exact.at(10, 30), 0.5) << "the first step of a stage";
}

TEST(Schedule, PolyFallsByAPower) {
  // lr0 (1 - e / E)^0.9
  const Schedule poly{.base = 2e-4, .decay_from_fraction = 0, .decay_power = 0.9};
  EXPECT_NEAR(poly.at(0, 280), 2e-4, 1e-18);
  EXPECT_NEAR(poly.at(140, 280), 2e-4 * 0.5358867312681466, 1e-15);
}

TEST(Plateau, FallsToItsFloorAndNoFurther) {
  // gamma 0.6 after 10 epochs without improvement, least 1e-7 of a rate of 2e-4.
  Plateau plateau({.factor = 0.6, .patience = 9, .threshold = 0, .least = 1e-7 / 2e-4});
  int cuts = 0;
  for (int epoch = 0; epoch <= 280; ++epoch) cuts += plateau.update(0.5);
  EXPECT_EQ(cuts, 15);
  EXPECT_DOUBLE_EQ(2e-4 * plateau.scale(), 1e-7);
}

TEST(Plateau, ALossIsCutAfterFiftyEpochsWithoutDecrease) {
  // KD-Net, Hu et al. 2020: 1e-4, 2e-5 after 50 epochs without decrease, 4e-6 after 50 more. The
  // cut comes with the epoch after `patience`, so 50 such epochs are a patience of 49.
  Plateau plateau({.factor = 0.2, .patience = 49, .threshold = 0, .falling = true});
  std::vector<int> cuts;
  for (int epoch = 0; epoch <= 120; ++epoch)
    if (plateau.update(0.7)) cuts.push_back(epoch);
  EXPECT_EQ(cuts, (std::vector<int>{50, 100}));
  EXPECT_NEAR(1e-4 * plateau.scale(), 4e-6, 1e-18);
  EXPECT_FALSE(plateau.update(0.69999999)) << "any decrease counts";
}

}  // namespace
}  // namespace kdseg::optim
