#include "metrics/surface.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/errors.h"
#include "base/random.h"
#include "metrics/overlap.h"
#include "unit/metrics/masks.h"

namespace kdseg::metrics {
namespace {

constexpr std::array<double, 3> unit{1, 1, 1};

SurfaceDistances distances(const Mask& prediction, const Mask& reference,
                           std::array<double, 3> spacing_mm = unit) {
  return surface_distances(prediction.size, prediction.voxels, reference.voxels, spacing_mm);
}
double directed(const SurfaceDistances& d) {
  return hausdorff_quantile(d, 0.95, PercentileRule::directed);
}
double pooled(const SurfaceDistances& d) {
  return hausdorff_quantile(d, 0.95, PercentileRule::pooled);
}

TEST(Surface, TwoBoxes) {
  const auto reference = Mask({8, 8, 8}).box({2, 2, 2}, {3, 3, 3});
  const auto prediction = Mask({8, 8, 8}).box({2, 2, 2}, {3, 3, 4});
  const auto d = distances(prediction, reference);
  EXPECT_EQ(d.prediction_to_reference.size(), 12u);
  EXPECT_EQ(d.reference_to_prediction.size(), 8u);
  EXPECT_DOUBLE_EQ(hausdorff(d), 1);
  EXPECT_DOUBLE_EQ(directed(d), 1);
  EXPECT_DOUBLE_EQ(pooled(d), 1);
  EXPECT_NEAR(average_symmetric_distance(d), 0.2, 1e-12);
  EXPECT_NEAR(mean_average_distance(d), 0.1666667, 5e-8);
  EXPECT_NEAR(normalized_surface_dice(d, 0.5), 0.8, 1e-12);
  EXPECT_DOUBLE_EQ(normalized_surface_dice(d, 1), 1);

  const auto tall = distances(prediction, reference, {1, 1, 3});
  EXPECT_DOUBLE_EQ(hausdorff(tall), 3);
  EXPECT_NEAR(average_symmetric_distance(tall), 0.6, 1e-12);
  EXPECT_NEAR(normalized_surface_dice(tall, 2), 0.8, 1e-12);
}

TEST(Surface, PercentilesOfALineDependOnTheRule) {
  const auto reference = Mask({3, 3, 26}).box({1, 1, 2}, {1, 1, 21});
  const auto prediction = Mask({3, 3, 26}).box({1, 1, 2}, {1, 1, 23});
  const auto d = distances(prediction, reference);
  EXPECT_DOUBLE_EQ(hausdorff(d), 2);
  EXPECT_DOUBLE_EQ(pooled(d), 0);
  EXPECT_NEAR(directed(d), 0.95, 1e-12);
  EXPECT_NEAR(average_symmetric_distance(d), 0.0714286, 5e-8);
  EXPECT_NEAR(mean_average_distance(d), 0.0681818, 5e-8);
  EXPECT_NEAR(dice(count_overlap(prediction.voxels, reference.voxels)), 0.9523810, 5e-8);
}

TEST(Surface, OneFarVoxelMovesOnlyTheMaximum) {
  const auto reference = Mask({24, 24, 24}).box({5, 5, 5}, {9, 9, 9});
  auto prediction = reference;
  prediction.set(7, 7, 20);
  const auto d = distances(prediction, reference);
  EXPECT_EQ(d.prediction_to_reference.size(), 99u);
  EXPECT_EQ(d.reference_to_prediction.size(), 98u);
  EXPECT_DOUBLE_EQ(hausdorff(d), 11);
  EXPECT_DOUBLE_EQ(directed(d), 0);
  EXPECT_DOUBLE_EQ(pooled(d), 0);
  EXPECT_NEAR(average_symmetric_distance(d), 0.0558376, 5e-8);
  EXPECT_NEAR(dice(count_overlap(prediction.voxels, reference.voxels)), 0.9960159, 5e-8);
}

TEST(Surface, TheImageBorderIsSurface) {
  const auto reference = Mask({4, 4, 4}).box({0, 0, 0}, {3, 3, 3});
  const auto prediction = Mask({4, 4, 4}).box({0, 0, 0}, {3, 3, 2});
  const auto d = distances(prediction, reference);
  EXPECT_EQ(d.reference_to_prediction.size(), 56u);
  EXPECT_EQ(d.prediction_to_reference.size(), 44u);
  EXPECT_DOUBLE_EQ(hausdorff(d), 1);
  EXPECT_NEAR(average_symmetric_distance(d), 0.2, 1e-12);
  EXPECT_NEAR(mean_average_distance(d), 0.1883117, 5e-8);
  const Overlap o = count_overlap(prediction.voxels, reference.voxels);
  EXPECT_EQ(o, (Overlap{48, 0, 16, 0}));
  EXPECT_NEAR(dice(o), 0.8571429, 5e-8);
}

TEST(Surface, SingleVoxelsUnderAnisotropicSpacing) {
  const auto reference = Mask({64, 64, 80}).set(50, 60, 70);
  const auto prediction = Mask({64, 64, 80}).set(50, 60, 72);
  const auto d = distances(prediction, reference, {3, 2, 1});
  EXPECT_DOUBLE_EQ(hausdorff(d), 2);
  EXPECT_DOUBLE_EQ(directed(d), 2);
  EXPECT_DOUBLE_EQ(average_symmetric_distance(d), 2);
  EXPECT_DOUBLE_EQ(normalized_surface_dice(d, 1), 0);
}

TEST(Surface, AShiftedBall) {
  const auto reference = Mask({64, 64, 64}).ball({32, 32, 32}, 10);
  const auto prediction = Mask({64, 64, 64}).ball({34, 32, 32}, 10);
  EXPECT_EQ(std::count(reference.voxels.begin(), reference.voxels.end(), 1), 4169);
  const auto d = distances(prediction, reference);
  EXPECT_NEAR(dice(count_overlap(prediction.voxels, reference.voxels)), 0.8508036, 5e-8);
  EXPECT_DOUBLE_EQ(hausdorff(d), 2);
  EXPECT_DOUBLE_EQ(directed(d), 2);
  EXPECT_NEAR(average_symmetric_distance(d), 0.9978579, 5e-8);
  EXPECT_NEAR(normalized_surface_dice(d, 1), 0.5766871, 5e-8);
}

TEST(Surface, ConcentricBallsUnderAnisotropicSpacing) {
  const auto reference = Mask({64, 64, 64}).ball({32, 32, 32}, 8);
  const auto prediction = Mask({64, 64, 64}).ball({32, 32, 32}, 10);
  const auto d = distances(prediction, reference, {1, 1, 2});
  EXPECT_NEAR(hausdorff(d), 4.1231056, 5e-7);
  EXPECT_NEAR(directed(d), 4.0, 1e-6);
  EXPECT_NEAR(pooled(d), 3.7416574, 5e-7);
  EXPECT_NEAR(average_symmetric_distance(d), 2.3798999, 5e-7);
  EXPECT_NEAR(mean_average_distance(d), 2.3580163, 5e-7);
  EXPECT_NEAR(normalized_surface_dice(d, 2), 0.3989899, 5e-8);
}

TEST(Surface, ComparedWithItselfEverythingIsPerfect) {
  const auto mask = Mask({16, 16, 16}).ball({8, 8, 8}, 5).set(0, 0, 0);
  const auto d = distances(mask, mask, {0.7, 1.1, 2.5});
  EXPECT_EQ(hausdorff(d), 0);
  EXPECT_EQ(directed(d), 0);
  EXPECT_EQ(average_symmetric_distance(d), 0);
  EXPECT_EQ(normalized_surface_dice(d, 0), 1);
}

TEST(Surface, SwappingTheMasksChangesNothing) {
  const auto a = Mask({20, 20, 20}).ball({8, 9, 10}, 6);
  const auto b = Mask({20, 20, 20}).box({4, 5, 6}, {14, 12, 11});
  const auto there = distances(a, b, {1, 2, 3}), back = distances(b, a, {1, 2, 3});
  EXPECT_EQ(hausdorff(there), hausdorff(back));
  EXPECT_EQ(directed(there), directed(back));
  EXPECT_EQ(pooled(there), pooled(back));
  EXPECT_NEAR(average_symmetric_distance(there), average_symmetric_distance(back), 1e-12);
  EXPECT_EQ(normalized_surface_dice(there, 1.5), normalized_surface_dice(back, 1.5));
}

TEST(Surface, WhereTheMasksLieInTheImageDoesNotMatter) {
  auto a = Mask({7, 7, 7}).box({0, 0, 0}, {3, 3, 3}), b = Mask({7, 7, 7}).box({1, 2, 3}, {6, 6, 6});
  auto c = Mask({30, 21, 18}).box({12, 5, 9}, {15, 8, 12});
  auto d = Mask({30, 21, 18}).box({13, 7, 12}, {18, 11, 15});
  const auto small = distances(a, b), large = distances(c, d);
  EXPECT_EQ(small.prediction_to_reference, large.prediction_to_reference);
  EXPECT_EQ(small.reference_to_prediction, large.reference_to_prediction);
}

TEST(Surface, EmptyMasksAreRefused) {
  const Mask empty({4, 4, 4});
  const auto full = Mask({4, 4, 4}).set(1, 1, 1);
  EXPECT_THROW(distances(empty, full), DataError);
  EXPECT_THROW(distances(full, empty), DataError);
  EXPECT_THROW(surface_distances({4, 4, 5}, full.voxels, full.voxels, unit), DataError);
}

struct Point {
  double x, y, z;
};

std::vector<Point> surface_points(const Mask& mask, const std::array<double, 3>& s) {
  const auto inside = [&](int64_t x, int64_t y, int64_t z) {
    return x >= 0 && y >= 0 && z >= 0 && x < mask.size[0] && y < mask.size[1] && z < mask.size[2] &&
           mask.voxels[static_cast<size_t>((z * mask.size[1] + y) * mask.size[0] + x)] != 0;
  };
  std::vector<Point> points;
  for (int64_t z = 0; z < mask.size[2]; ++z)
    for (int64_t y = 0; y < mask.size[1]; ++y)
      for (int64_t x = 0; x < mask.size[0]; ++x)
        if (inside(x, y, z) &&
            !(inside(x - 1, y, z) && inside(x + 1, y, z) && inside(x, y - 1, z) &&
              inside(x, y + 1, z) && inside(x, y, z - 1) && inside(x, y, z + 1)))
          points.push_back({x * s[0], y * s[1], z * s[2]});
  return points;
}

std::vector<double> nearest(const std::vector<Point>& from, const std::vector<Point>& to) {
  std::vector<double> found;
  for (const Point& a : from) {
    double best = std::numeric_limits<double>::infinity();
    for (const Point& b : to) best = std::min(best, std::hypot(a.x - b.x, a.y - b.y, a.z - b.z));
    found.push_back(best);
  }
  std::sort(found.begin(), found.end());
  return found;
}

TEST(Surface, DistancesEqualThoseOfAllPairs) {
  Random random(1, 0, "surface-test");
  for (int trial = 0; trial < 200; ++trial) {
    Mask a({12, 12, 12}), b({12, 12, 12});
    const double density = random.uniform(0.01, 0.9);
    for (auto* mask : {&a, &b}) {
      for (auto& v : mask->voxels) v = random.uniform() < density;
      mask->set(static_cast<int64_t>(random.below(12)), 3, 4);
    }
    const std::array<double, 3> spacing{random.uniform(0.4, 3), random.uniform(0.4, 3),
                                        random.uniform(0.4, 3)};
    const auto d = distances(a, b, spacing);
    const auto pa = surface_points(a, spacing), pb = surface_points(b, spacing);
    ASSERT_THAT(d.prediction_to_reference,
                testing::Pointwise(testing::DoubleNear(1e-4), nearest(pa, pb)));
    ASSERT_THAT(d.reference_to_prediction,
                testing::Pointwise(testing::DoubleNear(1e-4), nearest(pb, pa)));
  }
}

TEST(Quantile, InterpolatesLinearly) {
  const std::vector<double> a{.60, .71, .75, .79, .80, .82, .88, .90};
  EXPECT_NEAR(quantile(a, 0.5), 0.795, 1e-12);
  EXPECT_NEAR(quantile(a, 0.25), 0.74, 1e-12);
  EXPECT_NEAR(quantile(a, 0.75), 0.835, 1e-12);
  EXPECT_EQ(quantile(a, 0), 0.60);
  EXPECT_EQ(quantile(a, 1), 0.90);
}

TEST(Quantile, InfiniteDistancesStayInfinite) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(quantile(std::vector<double>{inf, inf}, 0.95), inf);
  EXPECT_EQ(quantile(std::vector<double>{1, inf}, 0.95), inf);
  EXPECT_EQ(quantile(std::vector<double>{1, 1, inf}, 0.5), 1);
  EXPECT_TRUE(std::isnan(quantile(std::vector<double>{}, 0.5)));
}

}  // namespace
}  // namespace kdseg::metrics
