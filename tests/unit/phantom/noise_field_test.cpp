// Random fields: unit variance, the asked smoothness, and independence of the grid.
#include "phantom/noise_field.h"

#include <gtest/gtest.h>

#include <cmath>

namespace kdseg::phantom {
namespace {

TEST(SmoothNoise, HasMeanZeroAndVarianceOneAtEveryPlace) {
  const Frame frame{{9, 8, 7}, 4};
  std::vector<double> sum(static_cast<size_t>(frame.count())), squares(sum.size());
  constexpr int n = 1500;
  for (int i = 0; i < n; ++i) {
    const auto field = smooth_noise(frame, Random(5, i, "field"), 6);
    for (size_t k = 0; k < field.size(); ++k) {
      sum[k] += field[k];
      squares[k] += field[k] * field[k];
    }
  }
  for (size_t k = 0; k < sum.size(); ++k) {
    EXPECT_NEAR(sum[k] / n, 0, 5 / std::sqrt(n));
    EXPECT_NEAR(squares[k] / n, 1, 5 * std::sqrt(2.0 / n));
  }
}

TEST(SmoothNoise, IsAsSmoothAsGaussianFilteredNoise) {
  // White noise filtered at sigma has the autocorrelation exp(-d^2 / (4 sigma^2)).
  const Frame frame{{64, 48, 48}, 2};
  const double sigma_mm = 6;
  for (const int step : {2, 4, 8}) {
    double product = 0, count = 0;
    for (int seed = 0; seed < 8; ++seed) {
      const auto field = smooth_noise(frame, Random(seed, 0, "field"), sigma_mm);
      for (int64_t i = 0; i < frame.count(); ++i) {
        if (i % frame.size[0] + step >= frame.size[0]) continue;
        product += field[i] * field[i + step];
        ++count;
      }
    }
    const double distance_mm = step * frame.voxel_mm;
    EXPECT_NEAR(product / count, std::exp(-distance_mm * distance_mm / (4 * sigma_mm * sigma_mm)),
                0.06);
  }
}

TEST(SmoothNoise, DependsOnThePlaceAndNotOnTheGrid) {
  const Frame coarse{{9, 9, 9}, 4}, fine{{33, 33, 33}, 1};
  const auto a = smooth_noise(coarse, Random(2, 7, "field"), 5);
  const auto b = smooth_noise(fine, Random(2, 7, "field"), 5);
  for (int64_t z = 0; z < 9; ++z)
    for (int64_t y = 0; y < 9; ++y)
      for (int64_t x = 0; x < 9; ++x)
        EXPECT_NEAR(a[(z * 9 + y) * 9 + x], b[(4 * z * 33 + 4 * y) * 33 + 4 * x], 1e-4);
}

TEST(SmoothNoise, DiffersBetweenStreams) {
  const Frame frame{{8, 8, 8}, 4};
  const auto a = smooth_noise(frame, Random(2, 7, "one"), 5);
  EXPECT_NE(a, smooth_noise(frame, Random(2, 7, "two"), 5));
  EXPECT_NE(a, smooth_noise(frame, Random(2, 8, "one"), 5));
  EXPECT_EQ(a, smooth_noise(frame, Random(2, 7, "one"), 5));
}

}  // namespace
}  // namespace kdseg::phantom
