#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>

#include "base/errors.h"
#include "base/random.h"
#include "voxels/components.h"
#include "voxels/content.h"
#include "voxels/morphology.h"

namespace kdseg::voxels {
namespace {

using Triple = std::array<int64_t, 3>;
using ::testing::ElementsAre;

int64_t count(const std::vector<uint8_t>& mask) {
  return std::count_if(mask.begin(), mask.end(), [](uint8_t v) { return v != 0; });
}

std::vector<uint8_t> random_mask(const Triple& size, Random& random, double density) {
  std::vector<uint8_t> mask(static_cast<size_t>(size[0] * size[1] * size[2]));
  for (uint8_t& voxel : mask) voxel = random.uniform() < density;
  return mask;
}

/// Whether two voxels touch, by definition.
bool touch(const Triple& size, int64_t i, int64_t j, Neighbors neighbors) {
  const auto x = [&](int64_t v) { return v % size[0]; };
  const auto y = [&](int64_t v) { return v / size[0] % size[1]; };
  const auto z = [&](int64_t v) { return v / (size[0] * size[1]); };
  const int64_t a = std::abs(x(i) - x(j)), b = std::abs(y(i) - y(j)), c = std::abs(z(i) - z(j));
  if (std::max({a, b, c}) != 1) return false;
  return a + b + c <= (neighbors == Neighbors::faces ? 1 : neighbors == Neighbors::edges ? 2 : 3);
}

TEST(Morphology, OneVoxelGrowsAsInTheBrats2023Score) {
  const Triple size{9, 9, 9};
  std::vector<uint8_t> mask(729);
  mask[364] = 1;
  EXPECT_EQ(count(dilate(size, mask, Neighbors::edges, 1)), 19);
  EXPECT_EQ(count(dilate(size, mask, Neighbors::edges, 2)), 93);
  EXPECT_EQ(count(dilate(size, mask, Neighbors::edges, 3)), 263);
  EXPECT_EQ(count(dilate(size, mask, Neighbors::faces, 1)), 7);
  EXPECT_EQ(count(dilate(size, mask, Neighbors::corners, 2)), 125);
  EXPECT_EQ(count(dilate(size, mask, Neighbors::corners, 0)), 1);
}

TEST(Morphology, FollowsTheDefinitionOnRandomMasksUpToTheBorder) {
  Random random(1, 0, "morphology");
  const Triple size{5, 6, 4};
  for (const Neighbors neighbors : {Neighbors::faces, Neighbors::edges, Neighbors::corners})
    for (int round = 0; round < 10; ++round) {
      const std::vector<uint8_t> sparse = random_mask(size, random, 0.05);
      const std::vector<uint8_t> dense = random_mask(size, random, 0.95);
      const std::vector<uint8_t> grown = dilate(size, sparse, neighbors);
      const std::vector<uint8_t> shrunk = erode(size, dense, neighbors);
      const size_t around = static_cast<size_t>(neighbors);
      for (int64_t i = 0; i < 120; ++i) {
        bool any = sparse[i] != 0;
        size_t set = 0;
        for (int64_t j = 0; j < 120; ++j)
          if (touch(size, i, j, neighbors)) {
            any = any || sparse[j];
            set += dense[j];
          }
        ASSERT_EQ(grown[i] != 0, any);
        ASSERT_EQ(shrunk[i] != 0, dense[i] && set == around) << "beyond the array nothing is set";
      }
    }
}

TEST(Morphology, RepeatingEqualsIterations) {
  Random random(2, 0, "repeat");
  const Triple size{11, 9, 10};
  const std::vector<uint8_t> mask = random_mask(size, random, 0.01);
  const auto twice = dilate(size, dilate(size, mask, Neighbors::edges), Neighbors::edges);
  EXPECT_EQ(dilate(size, mask, Neighbors::edges, 2), twice);
  const std::vector<uint8_t> solid = random_mask(size, random, 0.995);
  EXPECT_EQ(erode(size, solid, Neighbors::faces, 2),
            erode(size, erode(size, solid, Neighbors::faces), Neighbors::faces));
  EXPECT_EQ(count(erode(size, std::vector<uint8_t>(990, 1), Neighbors::corners)), 9 * 7 * 8);
}

TEST(Components, ConnectivityDecides) {
  // Three voxels: the second touches the first across an edge, the third the second at a corner.
  const Triple size{4, 4, 4};
  std::vector<uint8_t> mask(64);
  mask[0] = 1;
  mask[(0 * 4 + 1) * 4 + 1] = 1;
  mask[(1 * 4 + 2) * 4 + 2] = 1;
  EXPECT_EQ(connected_components(size, mask, Neighbors::faces).count, 3);
  EXPECT_EQ(connected_components(size, mask, Neighbors::edges).count, 2);
  const Components all = connected_components(size, mask, Neighbors::corners);
  EXPECT_EQ(all.count, 1);
  EXPECT_THAT(all.voxels, ElementsAre(61, 3));
}

TEST(Components, AgreeWithFloodFillOnRandomMasks) {
  Random random(3, 0, "components");
  const Triple size{7, 5, 6};
  for (const Neighbors neighbors : {Neighbors::faces, Neighbors::edges, Neighbors::corners})
    for (int round = 0; round < 20; ++round) {
      const auto mask = random_mask(size, random, 0.1 + 0.02 * round);
      const Components found = connected_components(size, mask, neighbors);
      std::vector<int32_t> expected(mask.size());
      int32_t next = 0;
      for (int64_t seed = 0; seed < 210; ++seed) {
        if (!mask[seed] || expected[seed]) continue;
        std::vector<int64_t> stack{seed};
        expected[seed] = ++next;
        while (!stack.empty()) {
          const int64_t i = stack.back();
          stack.pop_back();
          for (int64_t j = 0; j < 210; ++j)
            if (mask[j] && !expected[j] && touch(size, i, j, neighbors)) {
              expected[j] = next;
              stack.push_back(j);
            }
        }
      }
      ASSERT_EQ(found.label, expected);
      ASSERT_EQ(found.count, next);
      ASSERT_EQ(std::accumulate(found.voxels.begin(), found.voxels.end(), int64_t{0}), 210);
    }
}

TEST(Components, AnEmptyMaskHasNone) {
  const Components none = connected_components({3, 3, 3}, std::vector<uint8_t>(27));
  EXPECT_EQ(none.count, 0);
  EXPECT_THAT(none.voxels, ElementsAre(27));
  EXPECT_THROW(connected_components({3, 3, 3}, std::vector<uint8_t>(26)), UsageError);
}

TEST(Holes, WhatNoPathAcrossFacesJoinsToTheBorderIsFilled) {
  // A cube of 3^3 in 5^3 with its center unset: 27 voxels in scipy.ndimage.binary_fill_holes, 26
  // with an unset corner (not joined across faces), 25 with an unset face.
  const Triple size{5, 5, 5};
  std::vector<uint8_t> cube(125);
  for (int64_t z = 1; z < 4; ++z)
    for (int64_t y = 1; y < 4; ++y)
      for (int64_t x = 1; x < 4; ++x) cube[static_cast<size_t>((z * 5 + y) * 5 + x)] = 7;
  cube[62] = 0;
  EXPECT_EQ(count(fill_holes(size, cube)), 27);
  std::vector<uint8_t> corner = cube, face = cube;
  corner[31] = 0;
  face[63] = 0;
  EXPECT_EQ(count(fill_holes(size, corner)), 26);
  EXPECT_EQ(count(fill_holes(size, face)), 25);
  EXPECT_EQ(count(fill_holes({3, 1, 1}, std::vector<uint8_t>{1, 0, 1})), 2);
  EXPECT_THROW(fill_holes(size, std::vector<uint8_t>(3)), UsageError);
}

TEST(Content, TheBoxOfARandomMaskIsTightAndItsCutHoldsEverything) {
  Random random(4, 0, "content");
  const Triple size{37, 6, 5};
  for (int round = 0; round < 50; ++round) {
    std::vector<uint8_t> mask = random_mask(size, random, round % 2 ? 0.003 : 0.02);
    const Box box = bounding_box(size, mask);
    if (count(mask) == 0) {
      EXPECT_EQ(box, Box{});
      continue;
    }
    Triple low = size, high{-1, -1, -1};
    for (int64_t i = 0; i < static_cast<int64_t>(mask.size()); ++i) {
      if (mask[static_cast<size_t>(i)] == 0) continue;
      const Triple at{i % 37, i / 37 % 6, i / (37 * 6)};
      for (size_t a = 0; a < 3; ++a) {
        low[a] = std::min(low[a], at[a]);
        high[a] = std::max(high[a], at[a]);
      }
    }
    EXPECT_EQ(box.begin, low);
    EXPECT_EQ(box.size, (Triple{high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1}));
    EXPECT_EQ(count(cut(size, mask, box)), count(mask));
  }
}

TEST(Content, ABoxAroundTwoHoldsBoth) {
  const Box a{{1, 2, 3}, {4, 1, 1}}, b{{0, 5, 3}, {2, 2, 2}};
  EXPECT_EQ(around(a, b), (Box{{0, 2, 3}, {5, 5, 2}}));
  EXPECT_EQ(around(a, Box{}), a);
  EXPECT_EQ(around(Box{}, b), b);
}

}  // namespace
}  // namespace kdseg::voxels
