#include "voxels/distance.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "base/errors.h"
#include "base/random.h"

namespace kdseg::voxels {
namespace {

std::vector<double> brute_force(const std::array<int64_t, 3>& n, const std::vector<uint8_t>& mask,
                                const std::array<double, 3>& mm) {
  std::vector<std::array<double, 3>> features;
  const auto position = [&](int64_t i) {
    return std::array<double, 3>{mm[0] * double(i % n[0]), mm[1] * double(i / n[0] % n[1]),
                                 mm[2] * double(i / (n[0] * n[1]))};
  };
  for (size_t i = 0; i < mask.size(); ++i)
    if (mask[i]) features.push_back(position(static_cast<int64_t>(i)));
  std::vector<double> out(mask.size(), std::numeric_limits<double>::infinity());
  for (size_t i = 0; i < mask.size(); ++i) {
    const auto p = position(static_cast<int64_t>(i));
    for (const auto& f : features)
      out[i] = std::min(out[i], (p[0] - f[0]) * (p[0] - f[0]) + (p[1] - f[1]) * (p[1] - f[1]) +
                                    (p[2] - f[2]) * (p[2] - f[2]));
  }
  return out;
}

TEST(Distance, AgreesWithBruteForceOnRandomAnisotropicMasks) {
  Random random(1, 0, "distance");
  const std::array<int64_t, 3> size{12, 12, 12};
  for (int round = 0; round < 200; ++round) {
    std::vector<uint8_t> mask(1728);
    const double density = std::pow(10.0, random.uniform(-3.0, -1.0));
    for (uint8_t& voxel : mask) voxel = random.uniform() < density;
    const std::array<double, 3> mm{random.uniform(0.3, 5), random.uniform(0.3, 5),
                                   random.uniform(0.3, 5)};
    const std::vector<float> found = squared_distance(size, mask, mm);
    const std::vector<double> expected = brute_force(size, mask, mm);
    for (size_t i = 0; i < mask.size(); ++i) {
      if (std::isinf(expected[i])) {
        ASSERT_TRUE(std::isinf(found[i]));
      } else {
        ASSERT_NEAR(std::sqrt(found[i]), std::sqrt(expected[i]), 1e-4) << round << " " << i;
      }
    }
  }
}

// Dense features are found by searching, few and far ones by the transform of all voxels.
TEST(Distance, AtSomeVoxelsAgreesWithBruteForce) {
  Random random(3, 0, "at");
  const std::array<int64_t, 3> size{11, 13, 12};
  const size_t count = 11 * 13 * 12;
  for (int round = 0; round < 100; ++round) {
    std::vector<uint8_t> mask(count), at(count);
    const double density = std::pow(10.0, random.uniform(-3.0, -0.3));
    for (uint8_t& voxel : mask) voxel = random.uniform() < density;
    const double asked = round % 2 ? 0.02 : 0.9;
    for (uint8_t& voxel : at) voxel = random.uniform() < asked;
    const std::array<double, 3> mm{random.uniform(0.3, 5), random.uniform(0.3, 5),
                                   random.uniform(0.3, 5)};
    const std::vector<float> found = squared_distance_at(size, mask, at, mm);
    const std::vector<double> all = brute_force(size, mask, mm);
    ASSERT_EQ(found.size(), static_cast<size_t>(std::count(at.begin(), at.end(), 1)));
    size_t next = 0;
    for (size_t i = 0; i < count; ++i) {
      if (at[i] == 0) continue;
      if (std::isinf(all[i])) {
        ASSERT_TRUE(std::isinf(found[next]));
      } else {
        ASSERT_NEAR(std::sqrt(found[next]), std::sqrt(all[i]), 1e-4) << round << " " << i;
      }
      ++next;
    }
  }
  EXPECT_THROW(
      squared_distance_at({2, 2, 2}, std::vector<uint8_t>(8), std::vector<uint8_t>(9), {1, 1, 1}),
      UsageError);
}

TEST(Distance, UnitSpacingGivesExactIntegers) {
  const std::array<int64_t, 3> size{40, 7, 33};
  std::vector<uint8_t> mask(40 * 7 * 33);
  mask[0] = 200;
  const std::vector<float> found = squared_distance(size, mask, {1, 1, 1}, 3);
  size_t i = 0;
  for (int z = 0; z < 33; ++z)
    for (int y = 0; y < 7; ++y)
      for (int x = 0; x < 40; ++x) ASSERT_EQ(found[i++], static_cast<float>(x * x + y * y + z * z));
}

TEST(Distance, NoFeatureIsInfinitelyFar) {
  const std::vector<float> found =
      squared_distance({3, 4, 5}, std::vector<uint8_t>(60), {1, 1, 1}, 2);
  for (const float d : found) EXPECT_EQ(d, std::numeric_limits<float>::infinity());
  EXPECT_TRUE(squared_distance({0, 4, 5}, {}, {1, 1, 1}).empty());
}

TEST(Distance, ThreadsDoNotChangeTheResult) {
  Random random(2, 0, "threads");
  std::vector<uint8_t> mask(17 * 19 * 23);
  for (uint8_t& voxel : mask) voxel = random.below(100) == 0;
  const std::array<double, 3> mm{0.7, 1.3, 2.9};
  EXPECT_EQ(squared_distance({17, 19, 23}, mask, mm, 1),
            squared_distance({17, 19, 23}, mask, mm, 4));
}

TEST(Distance, WrongArgumentsAreRefused) {
  const std::vector<uint8_t> mask(8);
  EXPECT_THROW(squared_distance({2, 2, 3}, mask, {1, 1, 1}), UsageError);
  EXPECT_THROW(squared_distance({2, 2, 2}, mask, {1, 0, 1}), UsageError);
  EXPECT_THROW(squared_distance({2, 2, 2}, mask, {1, std::nan(""), 1}), UsageError);
}

}  // namespace
}  // namespace kdseg::voxels
