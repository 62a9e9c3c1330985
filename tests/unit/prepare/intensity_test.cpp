// Statistics and both published normalizations, with the numbers worked out from the formulas.
#include "prepare/intensity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace kdseg::prepare {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

std::vector<testing::Matcher<float>> near(const std::vector<float>& values) {
  std::vector<testing::Matcher<float>> matchers;
  for (const float v : values) matchers.push_back(FloatNear(v, 1e-6f));
  return matchers;
}

TEST(Intensity, StatisticsLeaveTheOutsideOut) {
  const std::vector<float> values{0, 100, 200, 300, 400, 0};
  const std::vector<uint8_t> mask{0, 1, 1, 1, 1, 0};
  const Statistics s = masked_statistics(values, mask);
  EXPECT_EQ(s.voxels, 4);
  EXPECT_DOUBLE_EQ(s.mean, 250);
  EXPECT_NEAR(s.deviation, 111.803399, 1e-6);
}

TEST(Intensity, ZScoreOfThePaper) {
  std::vector<float> values{0, 100, 200, 300, 400, 0};
  const std::vector<uint8_t> mask{0, 1, 1, 1, 1, 0};
  z_score(values, masked_statistics(values, mask));
  zero_outside(values, mask);
  EXPECT_THAT(values, testing::ElementsAreArray(
                          near({0, -1.341641f, -0.447214f, 0.447214f, 1.341641f, 0})));
}

TEST(Intensity, ZScoreOverWhatIsNotZero) {
  // Nalwade & Kisa: over the voxels that are not 0; zeros stay, or become the same multiple.
  std::vector<float> values{0, 0, 2, 4, 6}, background = values;
  const Statistics s = nonzero_statistics(values);
  EXPECT_EQ(s.voxels, 3);
  EXPECT_DOUBLE_EQ(s.mean, 4);
  EXPECT_NEAR(s.deviation, 1.6329932, 1e-7);
  z_score_nonzero(values, s);
  EXPECT_THAT(values, testing::ElementsAreArray(near({0, 0, -1.2247449f, 0, 1.2247449f})));
  z_score(background, s);
  EXPECT_THAT(background, testing::ElementsAreArray(
                              near({-2.4494897f, -2.4494897f, -1.2247449f, 0, 1.2247449f})));
}

TEST(Intensity, ClipRescaleOfTheOfficialCode) {
  std::vector<float> values{0, 100, 200, 300, 400, 0};
  const std::vector<uint8_t> mask{0, 1, 1, 1, 1, 0};
  clip_rescale(values, masked_statistics(values, mask), 3);
  EXPECT_THAT(values,
              testing::ElementsAreArray(near({0, 0.170820f, 0.341641f, 0.512461f, 0.683282f, 0})));
}

TEST(Intensity, ClipRescaleCutsAtThreeDeviations) {
  std::vector<float> values(18, 10);
  values.insert(values.end(), {20, 200, 0, 0});
  std::vector<uint8_t> mask(20, 1);
  mask.insert(mask.end(), {0, 0});
  const Statistics s = masked_statistics(values, mask);
  EXPECT_NEAR(s.mean, 20, 1e-12);
  EXPECT_NEAR(s.deviation, 41.352146, 1e-6);
  clip_rescale(values, s, 3);
  EXPECT_NEAR(values[0], 0.069417, 1e-6);
  EXPECT_NEAR(values[18], 0.138834, 1e-6);
  EXPECT_FLOAT_EQ(values[19], 1);
  EXPECT_FLOAT_EQ(values[20], 0);
}

TEST(Intensity, ClipRescaleStartsAtTheSmallestValueOfTheCrop) {
  // No zero in the crop: (I - min) / (mu + 3 sigma - min) with min 100.
  std::vector<float> values{100, 200, 300, 400};
  const std::vector<uint8_t> mask{1, 1, 1, 1};
  clip_rescale(values, masked_statistics(values, mask), 3);
  EXPECT_FLOAT_EQ(values[0], 0);
  EXPECT_NEAR(values[3], 300 / (250 + 3 * 111.803399 - 100), 1e-6);
}

TEST(Intensity, TruncationDropsFractionsAndStaysInRange) {
  std::vector<float> values{0.9f, 1.999f, 65535.5f, 1e6f};
  truncate_to_uint16(values);
  EXPECT_THAT(values, ElementsAre(0, 1, 65535, 65535));
}

}  // namespace
}  // namespace kdseg::prepare
