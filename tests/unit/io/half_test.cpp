#include "io/half.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace {
using kdseg::io::from_half;
using kdseg::io::to_half;

// Expected bits from Python's struct module, format 'e' (IEEE 754, round half to even).
TEST(Half, RoundsToNearestEven) {
  EXPECT_EQ(to_half(1.0f), 0x3C00);
  EXPECT_EQ(to_half(-2.0f), 0xC000);
  EXPECT_EQ(to_half(0.1f), 0x2E66);
  EXPECT_EQ(to_half(1.0f / 3), 0x3555);
  EXPECT_EQ(to_half(3.14159265f), 0x4248);
  EXPECT_EQ(to_half(2049.0f), 0x6800);
  EXPECT_EQ(to_half(2051.0f), 0x6802);
  EXPECT_EQ(to_half(65504.0f), 0x7BFF);
  EXPECT_EQ(to_half(65519.99f), 0x7BFF);
}

TEST(Half, KeepsSubnormals) {
  EXPECT_EQ(to_half(0x1p-24f), 0x0001);
  EXPECT_EQ(to_half(0x1p-25f), 0x0000);
  EXPECT_EQ(to_half(1.5f * 0x1p-24f), 0x0002);
  EXPECT_EQ(to_half(2.5f * 0x1p-24f), 0x0002);
  EXPECT_EQ(to_half(6.1e-5f), 0x03FF);
}

TEST(Half, SaturatesToInfinityAndKeepsNan) {
  EXPECT_EQ(to_half(65520.0f), 0x7C00);
  EXPECT_EQ(to_half(-1e30f), 0xFC00);
  EXPECT_EQ(to_half(std::numeric_limits<float>::infinity()), 0x7C00);
  EXPECT_TRUE(std::isnan(from_half(to_half(std::nanf("")))));
}

TEST(Half, EveryHalfSurvivesTheWayThroughFloat) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<uint16_t>(bits);
    const float value = from_half(half);
    if (std::isnan(value)) continue;
    ASSERT_EQ(to_half(value), half) << bits;
  }
  EXPECT_EQ(from_half(0x3555), 0.333251953125f);
  EXPECT_EQ(from_half(0x0001), 0x1p-24f);
}

}  // namespace
