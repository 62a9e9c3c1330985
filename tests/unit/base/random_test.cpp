#include "base/random.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <thread>

namespace kdseg {
namespace {

using Block = std::array<uint32_t, 4>;

// Known answers published with the Random123 library (Salmon et al. 2011).
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox4x32_10({0, 0, 0, 0}, {0, 0}),
            (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox4x32_10({ones, ones, ones, ones}, {ones, ones}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(
      philox4x32_10({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
      (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

std::vector<uint32_t> first(Random random, int n) {
  std::vector<uint32_t> values;
  for (int i = 0; i < n; ++i) values.push_back(random.bits());
  return values;
}

TEST(RandomStream, EqualNamesGiveEqualNumbers) {
  EXPECT_EQ(first(Random(7, 3, "flip"), 100), first(Random(7, 3, "flip"), 100));
}

TEST(RandomStream, AnyDifferenceInTheNameGivesOtherNumbers) {
  std::set<std::vector<uint32_t>> seen;
  for (uint64_t seed : {0ull, 1ull, 1ull << 32})
    for (uint64_t index : {0ull, 1ull, 2ull})
      for (const char* name : {"", "a", "b", "ab"})
        seen.insert(first(Random(seed, index, name), 8));
  EXPECT_EQ(seen.size(), 3u * 3u * 4u);
}

TEST(RandomStream, NeighboringStreamsAreUncorrelated) {
  const int n = 20000;
  Random a(1, 0, "x"), b(1, 1, "x");
  double product = 0;
  for (int i = 0; i < n; ++i) product += a.normal() * b.normal();
  EXPECT_LT(std::abs(product / n), 4 / std::sqrt(n));  // 4 standard deviations of the mean
}

TEST(RandomStream, SeekContinuesAtThePosition) {
  Random whole(5, 0, "x");
  const auto all = first(whole, 50);
  for (uint64_t at : {0, 1, 3, 4, 7, 20, 49}) {
    Random later(5, 0, "x");
    later.bits();
    later.seek(at);
    EXPECT_EQ(later.bits(), all[at]);
    EXPECT_EQ(later.position(), at + 1);
  }
}

TEST(RandomStream, UniformFillsItsInterval) {
  Random random(2, 0, "u");
  const int n = 20000;
  double sum = 0, squares = 0;
  for (int i = 0; i < n; ++i) {
    const double u = random.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    squares += u * u;
  }
  EXPECT_NEAR(sum / n, 0.5, 4 * std::sqrt(1.0 / 12 / n));
  EXPECT_NEAR(squares / n, 1.0 / 3, 4 * std::sqrt(4.0 / 45 / n));
  for (int i = 0; i < 1000; ++i) {
    const double v = random.uniform(-4, 4);
    ASSERT_GE(v, -4);
    ASSERT_LT(v, 4);
  }
}

TEST(RandomStream, NormalHasItsMoments) {
  Random random(3, 0, "n");
  const int n = 40000;
  std::array<double, 4> moments{};
  for (int i = 0; i < n; ++i) {
    double power = 1;
    const double x = random.normal();
    for (auto& moment : moments) moment += (power *= x) / n;
  }
  // Bounds are 4 standard errors: the variances of x, x^2, x^3, x^4 are 1, 2, 15, 96.
  EXPECT_NEAR(moments[0], 0, 4 * std::sqrt(1.0 / n));
  EXPECT_NEAR(moments[1], 1, 4 * std::sqrt(2.0 / n));
  EXPECT_NEAR(moments[2], 0, 4 * std::sqrt(15.0 / n));
  EXPECT_NEAR(moments[3], 3, 4 * std::sqrt(96.0 / n));
  EXPECT_DOUBLE_EQ(Random(3, 0, "m").normal(10, 2), 10 + 2 * Random(3, 0, "m").normal());
}

TEST(RandomStream, NormalAtDependsOnThePlaceAlone) {
  Random random(4, 0, "field");
  const double before = random.normal_at(17);
  random.bits();
  EXPECT_EQ(random.normal_at(17), before);
  EXPECT_NE(random.normal_at(18), before);
  Random same(4, 0, "field");
  EXPECT_NE(same.normal(), random.normal_at(0));  // the field and the sequence share no block
  double sum = 0, squares = 0;
  const int n = 20000;
  for (int i = 0; i < n; ++i) {
    const double x = random.normal_at(static_cast<uint64_t>(i));
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / n, 0, 4 / std::sqrt(n));
  EXPECT_NEAR(squares / n, 1, 4 * std::sqrt(2.0 / n));
}

TEST(RandomStream, BelowIsEven) {
  Random random(6, 0, "below");
  std::map<uint64_t, int> counts;
  const int n = 12000;
  for (int i = 0; i < n; ++i) ++counts[random.below(6)];
  ASSERT_EQ(counts.size(), 6u);
  double chi_square = 0;
  for (const auto& [value, count] : counts) {
    EXPECT_LT(value, 6u);
    chi_square += (count - n / 6.0) * (count - n / 6.0) / (n / 6.0);
  }
  EXPECT_LT(chi_square, 20.5);  // 5 degrees of freedom: exceeded by chance once in 1000
  EXPECT_EQ(random.below(1), 0u);
}

TEST(RandomStream, OrderIsAPermutation) {
  Random random(8, 0, "order");
  auto order = random_order(100, random);
  EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
  std::sort(order.begin(), order.end());
  for (int64_t i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
  EXPECT_TRUE(random_order(0, random).empty());
}

}  // namespace
}  // namespace kdseg
