// The preparation of KD-Net: central crop, statistics over non-zero voxels, halving.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/errors.h"
#include "prepare/intensity.h"
#include "prepare/placement.h"
#include "prepare/recipe.h"
#include "unit/prepare/recipe_lines.h"
#include "unit/prepare/volumes.h"
#include "voxels/chain.h"

namespace kdseg::prepare {
namespace {

using test::brats_grid;
using test::recipe;
using test::refusal;
using test::source_volume;
using test::Voxel;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string kd_net =
    "orientation = LPS\nmask-channels = t1ce\ncrop = center\ncenter-rest = behind\n"
    "intensity = z-score-nonzero\nnegative = keep\ntruncate = off\napply-mask = never\n";

/// A scan of a few voxels; every value is told apart by its place.
Volume small(const std::array<int64_t, 3>& size) {
  Volume volume = source_volume(
      brats_grid(size), {{0, 0, 0}, size}, {"t1ce", "t1"}, [](size_t c, const Voxel& v) {
        return static_cast<float>(1 + v[0] + 10 * v[1] + 100 * v[2]) * (c == 0 ? 1.0f : 2.0f);
      });
  volume.data.label = Labels{volume.data.image.grid, {}};
  for (int64_t z = 0; z < size[2]; ++z)
    for (int64_t y = 0; y < size[1]; ++y)
      for (int64_t x = 0; x < size[0]; ++x)
        volume.data.label->voxels.push_back(static_cast<uint8_t>(x + 2 * y % 4 + z % 2));
  volume.data.classes = {{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"},
                         {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}};
  return volume;
}

TEST(Subsample, TheCropStartsAtTheFloorOfHalfTheRest) {
  Chain whole{brats_grid(), {}};
  EXPECT_THAT(scan_center_box(whole, whole.source, "LPS", {128, 128, 128}, false).begin,
              ElementsAre(56, 56, 13));
  EXPECT_THAT(scan_center_box(whole, whole.source, "LPS", {128, 128, 128}, true).begin,
              ElementsAre(56, 56, 14));
  EXPECT_THAT(scan_center_box(whole, whole.source, "LPS", {256, 240, 160}, false).begin,
              ElementsAre(-8, 0, -2));
}

TEST(Subsample, StatisticsLeaveZerosOut) {
  std::vector<float> values{0, 0, 1, 3};
  z_score_nonzero(values, nonzero_statistics(values));
  EXPECT_THAT(values, ElementsAre(0, 0, -1, 1));
  std::vector<float> constant{0, 5, 5};
  z_score_nonzero(constant, nonzero_statistics(constant));
  EXPECT_THAT(constant, ElementsAre(0, 0, 0));
}

TEST(Subsample, StatisticsOfTheCropOrOfTheSource) {
  // Along x: 0 | 1 3 | 5, of which the crop keeps the middle two.
  Volume volume = source_volume(
      brats_grid({4, 1, 1}), {{0, 0, 0}, {4, 1, 1}}, {"t1ce"}, [](size_t, const Voxel& v) {
        return std::array<float, 4>{0, 1, 3, 5}[static_cast<size_t>(v[0])];
      });
  EXPECT_THAT(recipe(kd_net + "size = 2 1 1\n").apply(volume).data.image.voxels,
              ElementsAre(-1, 1));
  const auto whole = recipe(kd_net + "size = 2 1 1\nstatistics = source\n").apply(volume);
  // Mean 3, variance 8/3.
  EXPECT_NEAR(whole.data.image.voxels[0], -2 / std::sqrt(8.0 / 3), 1e-6);
  EXPECT_EQ(whole.data.image.voxels[1], 0);
}

TEST(Subsample, StrideKeepsEvenVoxelsOfImageAndLabel) {
  const auto prepared =
      recipe(test::with_lines(kd_net, "size = 8 2 2\nintensity = none\nsubsample = stride2\n"))
          .apply(small({8, 2, 2}));
  const auto& data = prepared.data;
  EXPECT_THAT(data.image.grid.size, ElementsAre(4, 1, 1));
  EXPECT_THAT(data.image.grid.spacing_mm, ElementsAre(2, 2, 2));
  EXPECT_THAT(data.image.grid.origin_mm, ElementsAre(0, -239, 0));
  EXPECT_THAT(data.image.voxels, ElementsAre(1, 3, 5, 7, 2, 6, 10, 14));
  EXPECT_THAT(data.label->voxels, ElementsAre(0, 2, 4, 6));
  EXPECT_EQ(voxels::grid_after(prepared.chain), data.image.grid);
}

TEST(Subsample, PoolingTakesMeansAndTheFirstLabel) {
  const auto prepared =
      recipe(test::with_lines(kd_net, "size = 8 2 2\nintensity = none\nsubsample = avgpool2\n"))
          .apply(small({8, 2, 2}));
  const auto& data = prepared.data;
  EXPECT_THAT(data.image.grid.origin_mm, ElementsAre(0.5, -238.5, 0.5));
  // The first block: the mean of 1, 2, 11, 12, 101, 102, 111 and 112.
  EXPECT_THAT(data.image.voxels, ElementsAre(56.5, 58.5, 60.5, 62.5, 113, 117, 121, 125));
  EXPECT_THAT(data.label->voxels, ElementsAre(0, 2, 4, 6));
}

TEST(Subsample, SoftLabelsAreHalvedAsImagesAndPaddedWithBackground) {
  Volume volume = small({4, 2, 2});
  volume.data.classes = {{"background", "a"}, {0, 1}};
  volume.data.label.reset();
  // Along x: a = 0, 0.25, 0.5, 1 in every row.
  Shares shares{{volume.data.image.grid, {"background", "a"}, {}}, true};
  for (const float sign : {-1.0f, 1.0f})
    for (int row = 0; row < 4; ++row)
      for (const float a : {0.0f, 0.25f, 0.5f, 1.0f})
        shares.image.voxels.push_back(sign > 0 ? a : 1 - a);
  volume.data.share = shares;
  const auto halved = [&](const std::string& how) {
    return recipe(test::with_lines(kd_net,
                                   "size = 8 2 2\nintensity = none\nsubsample = " + how + "\n"))
        .apply(volume);
  };
  const auto pooled = halved("avgpool2");
  ASSERT_TRUE(pooled.data.share);
  EXPECT_EQ(pooled.data.share->image.grid, pooled.data.image.grid);
  EXPECT_THAT(pooled.data.share->image.voxels,
              ElementsAre(1, 0.875f, 0.25f, 1, 0, 0.125f, 0.75f, 0));
  const auto strided = halved("stride2");
  EXPECT_THAT(strided.data.share->image.voxels, ElementsAre(1, 1, 0.5f, 1, 0, 0, 0.5f, 0));
}

TEST(Subsample, GoesBackToTheScan) {
  for (const std::string how : {"stride2", "avgpool2"}) {
    SCOPED_TRACE(how);
    const Volume scan = small({12, 9, 7});
    const auto prepared =
        recipe(
            test::with_lines(kd_net, "size = 8 8 4\nintensity = none\nsubsample = " + how + "\n"))
            .apply(scan);
    const Image back = voxels::restore(prepared.chain, prepared.data.image, {-1.0f}, 0);
    ASSERT_EQ(back.grid, scan.chain.source);
    // A linear field survives linear interpolation away from the crop's border.
    const Box crop{{2, 0, 1}, {8, 8, 4}};
    for (int64_t z = 0; z < 7; ++z)
      for (int64_t y = 0; y < 9; ++y)
        for (int64_t x = 0; x < 12; ++x) {
          const Voxel at{x, y, z};
          bool within = true, inner = true;
          for (size_t a = 0; a < 3; ++a) {
            const int64_t place = at[a] - crop.begin[a];
            within = within && place >= 0 && place < crop.size[a];
            inner = inner && place >= 1 && place < crop.size[a] - 1;
          }
          const float value = back.voxels[test::flat(back.grid, at)];
          if (!within) {
            EXPECT_EQ(value, -1) << x << " " << y << " " << z;
          } else if (inner) {
            EXPECT_NEAR(value, 1 + x + 10 * y + 100 * z, 1e-3);
          }
        }
  }
}

TEST(Subsample, RefusesStatisticsThatNothingReads) {
  EXPECT_THAT(refusal("statistics = source\n"), HasSubstr("z-score-nonzero"));
  EXPECT_THAT(refusal("subsample = stride3\n"), HasSubstr("stride2"));
}

}  // namespace
}  // namespace kdseg::prepare
