// Landmarks: the published table, percentiles, the mapping, and what a cohort teaches.
#include "prepare/histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <numeric>

#include "base/errors.h"

namespace kdseg::prepare {
namespace {

using testing::DoubleNear;
using testing::HasSubstr;
using testing::Pointwise;

/// 1001 voxels whose percentile q is exactly `at(q)`: rank and percentile coincide.
std::vector<float> ramp(const std::function<double(double)>& at) {
  std::vector<float> values;
  for (int i = 0; i <= 1000; ++i) values.push_back(static_cast<float>(at(i / 10.0)));
  return values;
}

const std::array<double, 13> percent{0.1, 10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90, 99.9};

/// Between two landmarks at the same fraction of the way, beyond the ends level.
double between(const Landmarks& row, double q) {
  for (size_t k = 1; k < row.size(); ++k)
    if (q <= percent[k]) {
      const double f = std::max(0.0, (q - percent[k - 1]) / (percent[k] - percent[k - 1]));
      return row[k - 1] + f * (row[k] - row[k - 1]);
    }
  return row.back();
}

TEST(Histogram, PercentilesInterpolateBetweenRanks) {
  const std::vector<float> values = ramp([](double q) { return 3 * q; });
  std::vector<uint8_t> mask(values.size(), 1);
  const auto found = percentiles(values, mask);
  ASSERT_TRUE(found);
  for (size_t k = 0; k < percent.size(); ++k) EXPECT_NEAR((*found)[k], 3 * percent[k], 1e-4);

  // numpy.percentile([1, 2, 4, 8], [0.1, 10, 50, 99.9]) = 1.003, 1.3, 3, 7.988.
  const std::vector<float> few{1, 99, 2, 4, 8};
  const auto four = percentiles(few, std::vector<uint8_t>{1, 0, 1, 1, 1});
  EXPECT_NEAR((*four)[0], 1.003, 1e-12);
  EXPECT_NEAR((*four)[1], 1.3, 1e-12);
  EXPECT_NEAR((*four)[6], 3, 1e-12);
  EXPECT_NEAR((*four)[12], 7.988, 1e-12);
  std::fill(mask.begin(), mask.end(), 0);
  EXPECT_FALSE(percentiles(values, mask));
}

TEST(Histogram, AnImageAtTheLandmarksStaysAsItIs) {
  for (const auto& [channel, row] : published_landmarks()) {
    const std::vector<float> values = ramp([&row = row](double q) { return between(row, q); });
    const std::vector<uint8_t> mask(values.size(), 1);
    std::vector<float> mapped = values;
    standardize(mapped, percentiles(values, mask).value(), row);
    EXPECT_THAT(mapped, Pointwise(DoubleNear(2e-4), values)) << channel;
  }
}

TEST(Histogram, ValuesMidwayBetweenLandmarksMapMidway) {
  const Landmarks& wanted = published_landmarks().at("t2");
  Landmarks measured;
  for (size_t k = 0; k < 13; ++k) measured[k] = 10.0 * static_cast<double>(k * k);
  const std::array<size_t, 11> used{0, 1, 2, 4, 5, 6, 7, 8, 10, 11, 12};  // not 25 and 75 %
  for (size_t i = 0; i + 1 < used.size(); ++i) {
    const size_t a = used[i], b = used[i + 1];
    std::vector<float> midway{static_cast<float>((measured[a] + measured[b]) / 2)};
    standardize(midway, measured, wanted);
    EXPECT_NEAR(midway[0], (wanted[a] + wanted[b]) / 2, 1e-4) << a;
  }
}

TEST(Histogram, TheEndPiecesGoOnAndEmptyOnesAreLevel) {
  Landmarks measured, wanted;
  for (size_t k = 0; k < 13; ++k) {
    measured[k] = static_cast<double>(k);
    wanted[k] = 2.0 * static_cast<double>(k);
  }
  wanted[0] = -1;
  std::vector<float> values{-3, 0, 14};
  standardize(values, measured, wanted);
  EXPECT_THAT(values, Pointwise(DoubleNear(1e-5), {-10.0f, -1.0f, 28.0f}));  // slopes 3 and 2

  measured[5] = measured[4];  // 40 and 30 % alike: that value takes the landmark of 40 %
  values = {4, 5};
  standardize(values, measured, wanted);
  EXPECT_THAT(values, Pointwise(DoubleNear(1e-5), {10.0f, 11.0f}));
}

TEST(Histogram, ForegroundIsBrighterThanTheMeanGrownAndFilled) {
  // A hollow cube of 7^3 in 15^3 with an empty core of 5^3: two steps leave a core of 1, filled.
  const std::array<int64_t, 3> size{15, 15, 15};
  std::vector<float> values(15 * 15 * 15);
  const auto at = [](int64_t x, int64_t y, int64_t z) {
    return static_cast<size_t>((z * 15 + y) * 15 + x);
  };
  for (int64_t z = 4; z <= 10; ++z)
    for (int64_t y = 4; y <= 10; ++y)
      for (int64_t x = 4; x <= 10; ++x)
        if (std::min({x, y, z}) == 4 || std::max({x, y, z}) == 10) values[at(x, y, z)] = 50;
  const auto mask = foreground(size, values);
  EXPECT_EQ(mask[at(7, 7, 7)], 1);
  EXPECT_EQ(mask[at(2, 7, 7)], 1);
  EXPECT_EQ(mask[at(1, 7, 7)], 0);
  EXPECT_EQ(mask[at(3, 3, 7)], 1);  // across faces: one step in x, one in y
  EXPECT_EQ(mask[at(3, 3, 3)], 0);  // three steps away
  // 7^3, six slabs of 2 x 7^2, and twelve edges of 7.
  EXPECT_EQ(std::accumulate(mask.begin(), mask.end(), 0), 343 + 6 * 98 + 12 * 7);
}

TEST(Histogram, CommonScaleRunsFromZeroToHundred) {
  Landmarks measured;
  for (size_t k = 0; k < 13; ++k) measured[k] = 7 + 3.0 * static_cast<double>(k);
  const Landmarks scaled = on_common_scale(measured);
  EXPECT_DOUBLE_EQ(scaled[0], 0);
  EXPECT_DOUBLE_EQ(scaled[6], 50);
  EXPECT_DOUBLE_EQ(scaled[12], 100);
}

TEST(Histogram, LandmarksAreTextAndBack) {
  EXPECT_EQ(parse_landmarks(landmarks_text(published_landmarks())), published_landmarks());
  const auto refusal = [](const std::string& text) {
    try {
      parse_landmarks(text);
    } catch (const UsageError& e) {
      return std::string(e.what());
    }
    return std::string("accepted");
  };
  const std::string row = " 0 1 2 3 4 5 6 7 8 9 10 11 12";
  EXPECT_EQ(refusal("adc" + row), "accepted");
  EXPECT_THAT(refusal("adc" + row + " adc" + row), HasSubstr("twice"));
  EXPECT_THAT(refusal("adc 0 1 2"), HasSubstr("'adc', value 4: 'nothing'"));
  EXPECT_THAT(refusal("adc 0 2 1 3 4 5 6 7 8 9 10 11 12"), HasSubstr("value 3: '1'"));
  EXPECT_THAT(refusal("publsihed"), HasSubstr("published or from-train"));
}

}  // namespace
}  // namespace kdseg::prepare
