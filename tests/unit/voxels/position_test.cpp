#include "voxels/position.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/random.h"
#include "voxels/chain.h"

namespace kdseg::voxels {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Grid oblique() {
  Grid grid;
  grid.size = {24, 20, 16};
  grid.spacing_mm = {0.6, 0.9, 3.0};
  grid.origin_mm = {-31.25, 12.5, 800.0};
  const double c = std::cos(0.4), s = std::sin(0.4);
  grid.direction = {c, -s, 0, s, c, 0, 0, 0, 1};
  return grid;
}

TEST(Position, EverySwapAndFlipOfAxesIsFoundAndUndone) {
  const Grid reference = oblique();
  std::array<int, 3> axes{0, 1, 2};
  do {
    for (int flips = 0; flips < 8; ++flips) {
      Reorient turn;
      for (int i = 0; i < 3; ++i) turn.axis[i] = axes[i], turn.flip[i] = (flips >> i & 1) != 0;
      const Position found = position(grid_after(reference, turn), reference);
      EXPECT_TRUE(found.agrees());
      EXPECT_LT(found.moved_mm, 1e-9);
      EXPECT_EQ(found.turn, inverse(turn));
      EXPECT_EQ(found.is_turned(), turn != Reorient{});
    }
  } while (std::next_permutation(axes.begin(), axes.end()));
}

TEST(Position, WhatCountsIsHowFarAVoxelMoves) {
  const Grid reference = oblique();
  Grid moved = reference;
  moved.origin_mm[0] += 0.05;  // of a voxel of 0.6 mm: 0.083
  EXPECT_TRUE(position(moved, reference).agrees());
  EXPECT_NEAR(position(moved, reference).moved_mm, 0.05, 1e-12);
  moved.origin_mm[0] = reference.origin_mm[0] + 0.07;
  EXPECT_FALSE(position(moved, reference).agrees());
  // The same half millimeter along an axis of 3 mm is a sixth of a voxel.
  moved = reference;
  moved.origin_mm[2] += 0.29;
  EXPECT_TRUE(position(moved, reference).agrees());
  // A spacing that differs by a hundredth moves the last of 24 voxels by 23 hundredths.
  moved = reference;
  moved.spacing_mm[0] *= 1.01;
  EXPECT_NEAR(position(moved, reference).moved_voxels, 0.23, 1e-9);
  EXPECT_FALSE(position(moved, reference).agrees());
  moved.spacing_mm[0] = reference.spacing_mm[0] * 1.004;
  EXPECT_TRUE(position(moved, reference).agrees());
}

TEST(Position, APartOfAnArrayIsPlacedByItsOffset) {
  const Grid reference = oblique();
  const Box cut{{4, 5, 6}, {3, 2, 1}};
  const Grid part = grid_after(reference, cut);
  const Placement placed = placement(part, reference);
  EXPECT_TRUE(placed.on_lattice());
  EXPECT_THAT(placed.box.begin, ElementsAre(-4, -5, -6));
  EXPECT_EQ(grid_after(part, placed.box).size, reference.size);
  Grid between = part;
  between.origin_mm[2] += 1.5;
  EXPECT_FALSE(placement(between, reference).on_lattice());
}

TEST(Position, DifferencesAreToldInAmounts) {
  const Grid reference = oblique();
  Grid moved = reference;
  moved.origin_mm[0] += 3;
  moved.origin_mm[1] += 4;
  EXPECT_THAT(difference(moved, reference),
              AllOf(HasSubstr("origin by 5 mm"), HasSubstr("up to 5 mm"),
                    HasSubstr("spacing by 0 mm"), HasSubstr("direction by 0 degrees")));
  EXPECT_THAT(difference(grid_after(moved, Reorient{{0, 1, 2}, {true, true, false}}), reference),
              AllOf(HasSubstr("axes run otherwise"), HasSubstr("origin by 5 mm")));
}

}  // namespace
}  // namespace kdseg::voxels
