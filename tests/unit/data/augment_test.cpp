// Random variation: the published matrix, ranges and rates of draws, replayed draws.
#include "data/augment/augment.h"

#include <gtest/gtest.h>

#include <set>

#include "base/errors.h"

namespace kdseg::data {
namespace {

/// The random numbers of the only sample of a batch, in an epoch of 200 batches.
Random stream_of(const Augmentation& options, uint64_t seed, int64_t epoch, int64_t batch_number) {
  Place place;
  place.epoch = epoch;
  place.batch_number = batch_number;
  return augment_stream(options, seed, place, Sampler(seed, 200, 1), 0);
}

TEST(Augment, BuildsThePublishedMatrix) {
  AffineDraw draw;
  draw.affine = true;
  draw.angle_deg = {2, -3, 4};
  draw.shear = {.01, -.02, .03};
  draw.scale = {1.02, .97, 1.04};
  const Matrix expected{1.01398924,  -0.05790794, -0.07515029, 0.09976053, 0.96782981,
                        -0.03765789, 0.05665703,  0.03076069,  1.03680613};
  const Matrix made = affine_matrix(draw);
  for (size_t i = 0; i < 9; ++i) EXPECT_NEAR(made[i], expected[i], 1e-8) << i;
}

TEST(Augment, FlipsBeforeTheAffineMap) {
  AffineDraw draw;
  draw.affine = true;
  draw.flip[2] = true;
  draw.angle_deg = {0, 0, 30};
  const Matrix affine = affine_matrix(draw), both = pull_matrix(draw);
  for (size_t i = 0; i < 9; ++i) EXPECT_DOUBLE_EQ(both[i], i >= 6 ? -affine[i] : affine[i]);
  draw.affine = draw.flip[2] = false;
  EXPECT_EQ(pull_matrix(draw), identity);
}

TEST(Augment, DrawsStayInTheirRangesAtTheirRates) {
  const Augmentation options;
  int flips = 0, affines = 0;
  double widest = 0;
  constexpr int n = 4000;
  for (int i = 0; i < n; ++i) {
    Random random = stream_of(options, 7, i / 200, i % 200);
    const AffineDraw draw = draw_affine(options, random);
    EXPECT_FALSE(draw.flip[0] || draw.flip[1]);
    flips += draw.flip[2];
    affines += draw.affine;
    for (const double a : draw.angle_deg) {
      EXPECT_LE(std::abs(a), 4);
      widest = std::max(widest, std::abs(a));
    }
    for (const double s : draw.shear) EXPECT_LE(std::abs(s), 0.04);
    for (const double s : draw.scale) EXPECT_LE(std::abs(s - 1), 0.04);
  }
  EXPECT_NEAR(flips / double(n), 0.5, 0.03);
  EXPECT_NEAR(affines / double(n), 0.8, 0.03);
  EXPECT_GT(widest, 3.9);
}

TEST(Augment, ScaleAloneIsAZoomPerAxis) {
  // U-HeMIS and U-HVED: three flips at one half each, each axis read at U(0.9, 1.1), nothing else.
  const Augmentation options = augmentation_from({"augment",
                                                  "",
                                                  "u-hemis.ini",
                                                  {{"flip-axis", "x y z", ""},
                                                   {"affine-probability", "1", ""},
                                                   {"rotation-deg", "0", ""},
                                                   {"shear", "0", ""},
                                                   {"scale", "0.1", ""}}});
  std::array<int, 3> flips{};
  double least = 2, most = 0;
  constexpr int n = 4000;
  for (int i = 0; i < n; ++i) {
    Random random = stream_of(options, 3, i / 200, i % 200);
    const AffineDraw draw = draw_affine(options, random);
    const Matrix m = pull_matrix(draw);
    for (size_t k = 0; k < 9; ++k) {
      if (k % 4 != 0) {
        EXPECT_EQ(m[k], 0);
        continue;
      }
      flips[k / 4] += m[k] < 0;
      least = std::min(least, std::abs(m[k]));
      most = std::max(most, std::abs(m[k]));
    }
  }
  for (const int count : flips) EXPECT_NEAR(count / double(n), 0.5, 0.03);
  EXPECT_NEAR(least, 0.9, 0.001);
  EXPECT_NEAR(most, 1.1, 0.001);
  EXPECT_GE(least, 0.9);
  EXPECT_LE(most, 1.1);
}

TEST(Augment, ReplayHasNineteenDrawsForTwoHundredCasesInAnyEpoch) {
  Augmentation options;
  const auto distinct = [&](int64_t epochs) {
    std::set<double> seen;
    for (int64_t epoch = 0; epoch < epochs; ++epoch)
      for (int64_t i = 0; i < 200; ++i) {
        Random random = stream_of(options, 7, epoch, i);
        seen.insert(draw_affine(options, random).angle_deg[0]);
      }
    return seen.size();
  };
  EXPECT_EQ(distinct(3), 600u);
  options.replay = true;
  EXPECT_EQ(distinct(1), 19u);
  EXPECT_EQ(distinct(5), 19u);
}

TEST(Augment, SectionNamesAxesAndRefusesOthers) {
  const Section section{"augment", "", "a.ini:3", {{"flip-axis", "x z", "a.ini:4"}}};
  EXPECT_EQ(augmentation_from(section).flip_axes, (std::vector<int>{2, 0}));
  const Section none{"augment", "", "a.ini:3", {{"flip-axis", "none", "a.ini:4"}}};
  EXPECT_TRUE(augmentation_from(none).flip_axes.empty());
  const Section wrong{"augment", "", "a.ini:3", {{"flip-axis", "w", "a.ini:4"}}};
  EXPECT_THROW(augmentation_from(wrong), UsageError);
  const Section range{"augment", "", "a.ini:3", {{"flip-probability", "1.5", "a.ini:4"}}};
  EXPECT_THROW(augmentation_from(range), UsageError);
}

}  // namespace
}  // namespace kdseg::data
