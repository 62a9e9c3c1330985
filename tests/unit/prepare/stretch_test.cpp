// A brain's box stretched to a cube for the cascaded network, and the way back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"
#include "prepare/recipe.h"
#include "unit/prepare/recipe_lines.h"
#include "unit/prepare/volumes.h"
#include "voxels/chain.h"

namespace kdseg::prepare {
namespace {

using test::recipe;
using test::refusal;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string cascade =
    "crop = content\nleast-size = 1\nsizing = resample\nsize = 8 8 8\nintensity = none\n";

/// 20 x 16 x 12 voxels; t1 is 1000 + x + 10 y + 100 z within a box of 10 x 4 x 8, where t2 has one
/// voxel more at the end of x: the brain's box is the union of both.
Volume head() {
  const Box brain{{3, 5, 2}, {10, 4, 8}};
  Volume volume = test::source_volume(
      test::brats_grid({20, 16, 12}), {{0, 0, 0}, {20, 16, 12}}, {"t1", "t2"},
      [&](size_t c, const test::Voxel& v) {
        for (size_t a = 0; a < 3; ++a) {
          const int64_t more = c == 1 && a == 0 ? 1 : 0;
          if (v[a] < brain.begin[a] || v[a] >= brain.begin[a] + brain.size[a] + more) return 0.0f;
        }
        return static_cast<float>(1000 + v[0] + 10 * v[1] + 100 * v[2]);
      });
  Labels label{volume.data.image.grid, std::vector<uint8_t>(20 * 16 * 12, 0)};
  // The upper half of the box along y.
  for (int64_t z = 2; z < 10; ++z)
    for (int64_t y = 7; y < 9; ++y)
      for (int64_t x = 3; x < 14; ++x) label.voxels[test::flat(label.grid, {x, y, z})] = 1;
  volume.data.label = std::move(label);
  volume.data.classes = {{"background", "tumor"}, {0, 1}};
  return volume;
}

TEST(Stretch, TheUnionOfTheBrainsBoxesBecomesTheCube) {
  const Volume prepared = recipe(cascade).apply(head());
  const Grid& grid = prepared.data.image.grid;
  EXPECT_THAT(grid.size, ElementsAre(8, 8, 8));
  EXPECT_THAT(grid.spacing_mm, ElementsAre(11.0 / 8, 4.0 / 8, 1));
  // The box begins at (3, 5, 2), half a voxel before its first middle; so does the cube.
  EXPECT_THAT(grid.origin_mm,
              ElementsAre(DoubleNear(2.5 + 11.0 / 16, 1e-12), DoubleNear(-239 + 4.5 + 0.25, 1e-12),
                          DoubleNear(2, 1e-12)));
  EXPECT_EQ(voxels::grid_after(prepared.chain), grid);
  // Between voxels linear values stay linear: voxel (i, j, k) lies at 2.5 + 11/8 (i + 1/2), ...
  const float* t2 = prepared.data.image.channel(1);
  for (const int64_t i : {1, 4, 6})
    for (const int64_t j : {1, 5})
      for (const int64_t k : {0, 7}) {
        const double x = 2.5 + 11.0 / 8 * (static_cast<double>(i) + 0.5);
        const double y = 4.5 + 0.5 * (static_cast<double>(j) + 0.5);
        EXPECT_NEAR(t2[(k * 8 + j) * 8 + i], 1000 + x + 10 * y + 100 * static_cast<double>(k + 2),
                    1e-3);
      }
  // Labels by nearest neighbor: the upper half along y.
  for (int64_t j = 0; j < 8; ++j)
    EXPECT_EQ(prepared.data.label->voxels[static_cast<size_t>(j * 8 + 3)], j >= 4) << j;
}

TEST(Stretch, MapsOfTheCubeReturnToTheScan) {
  const Volume source = head();
  const Volume prepared = recipe(cascade).apply(source);
  Image maps{prepared.data.image.grid, {"one", "x"}, {}};
  for (int64_t v = 0; v < 512; ++v) maps.voxels.push_back(1);
  for (int64_t v = 0; v < 512; ++v) maps.voxels.push_back(static_cast<float>(v % 8));
  const Image back = voxels::restore(prepared.chain, maps, {-1, -2});
  EXPECT_EQ(back.grid, source.data.image.grid);
  const auto at = [&](size_t c, int64_t x, int64_t y, int64_t z) {
    return back.channel(c)[test::flat(back.grid, {x, y, z})];
  };
  for (int64_t x = 0; x < 20; ++x) {
    const bool inside = x >= 3 && x < 14;
    EXPECT_EQ(at(0, x, 6, 4), inside ? 1 : -1) << x;
    EXPECT_EQ(at(0, x, 9, 4), -1) << "beyond the box along y";
    if (x >= 4 && x < 13) {
      EXPECT_NEAR(at(1, x, 6, 4), (static_cast<double>(x) - 2.5) * 8 / 11 - 0.5, 1e-5) << x;
    }
  }
  EXPECT_EQ(at(1, 0, 0, 0), -2);
}

TEST(Stretch, NeedsASizeAndNoCentralCrop) {
  EXPECT_THAT(refusal(test::with_lines(cascade, "size = any\n")),
              HasSubstr("sizing = resample needs size = X Y Z"));
  EXPECT_THAT(refusal(test::with_lines(cascade, "size = fit\n")), HasSubstr("found size = fit"));
  EXPECT_THAT(refusal(test::with_lines(cascade, "crop = center\n")),
              HasSubstr("another crop than center"));
  EXPECT_THAT(refusal(test::with_lines(cascade, "sizing = stretch\n")), HasSubstr("sizing"));
}

TEST(Stretch, RecipesWithoutItKeepTheirText) {
  EXPECT_THAT(recipe("size = 8 8 8\n").ini(), testing::Not(HasSubstr("sizing")));
  EXPECT_THAT(recipe("size = 8 8 8\n").ini(), testing::Not(HasSubstr("widening")));
  EXPECT_THAT(recipe("size = 8 8 8\nwidening = inside\n").ini(), HasSubstr("widening = inside\n"));
  const Recipe stretching = recipe(cascade);
  EXPECT_THAT(stretching.ini(), HasSubstr("sizing = resample\n"));
  EXPECT_EQ(Recipe::from_text(stretching.ini()).id(), stretching.id());
}

}  // namespace
}  // namespace kdseg::prepare
