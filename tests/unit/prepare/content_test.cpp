// The preparation of U-HeMIS and U-HVED: content box, minimum padding, histogram, whitening.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/errors.h"
#include "base/random.h"
#include "prepare/histogram.h"
#include "prepare/placement.h"
#include "prepare/recipe.h"
#include "unit/prepare/recipe_lines.h"
#include "unit/prepare/volumes.h"
#include "voxels/chain.h"

namespace kdseg::prepare {
namespace {

using test::brats_grid;
using test::flat;
using test::recipe;
using test::refusal;
using test::source_volume;
using test::Voxel;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

const std::string hved =
    "orientation = LPS\ncrop = none\nsize = any\npadding = 2\nintensity = histogram\n"
    "negative = keep\ntruncate = off\napply-mask = never\n";

TEST(Content, ShortAxesAreExtendedAsPublished) {
  EXPECT_THAT(extended_range(10, 150, 128), Pair(10, 150));
  EXPECT_THAT(extended_range(20, 120, 128), Pair(6, 135));
  EXPECT_THAT(extended_range(5, 100, 128), Pair(0, 128));
  EXPECT_THAT(extended_range(40, 155, 128), Pair(34, 162));
  EXPECT_THAT(extended_range(0, 128, 128), Pair(0, 128));
}

TEST(Content, BoxHoldsWhatAnyChannelShowsWithinTheScan) {
  // The ranges above along x, y and z of one scan, split over two channels.
  const Voxel first{20, 5, 40}, last{119, 99, 154};
  const Volume volume = source_volume(
      brats_grid(), {{15, 3, 30}, {150, 120, 125}}, {"t1", "t2"},
      [&](size_t c, const Voxel& v) { return v == (c == 0 ? first : last) ? 1.0f : 0.0f; });
  const std::vector<std::string> both{"t1", "t2", "flair"};
  const Box box = content_box(volume.data.image, both, volume.chain, 128);
  EXPECT_THAT(box.begin, ElementsAre(6 - 15, 0 - 3, 34 - 30));
  EXPECT_THAT(box.size, ElementsAre(129, 128, 121));  // z ends with the scan: 155 - 34
  const Box one = content_box(volume.data.image, std::span(both).first(1), volume.chain, 1);
  EXPECT_THAT(one.size, ElementsAre(1, 1, 1));
}

TEST(Content, PaddingIsNumpysMinimum) {
  // numpy.pad(numpy.arange(1, 9).reshape(2, 2, 2), 1, mode="minimum").ravel()
  const std::vector<float> expected{1, 1, 2, 1, 1, 1, 2, 1, 3, 3, 4, 3, 1, 1, 2, 1,
                                    1, 1, 2, 1, 1, 1, 2, 1, 3, 3, 4, 3, 1, 1, 2, 1,
                                    5, 5, 6, 5, 5, 5, 6, 5, 7, 7, 8, 7, 5, 5, 6, 5,
                                    1, 1, 2, 1, 1, 1, 2, 1, 3, 3, 4, 3, 1, 1, 2, 1};
  Image image;
  image.grid.size = {2, 2, 2};
  image.channels = {"t1"};
  image.voxels = {1, 2, 3, 4, 5, 6, 7, 8};
  image = voxels::apply(image, Box{{-1, -1, -1}, {4, 4, 4}});
  fill_with_minimum(image, {{1, 1, 1}, {2, 2, 2}});
  EXPECT_EQ(image.voxels, expected);
}

/// A ball in noise, 9x8x7 voxels; flair is 0 at its center.
Volume ball(double power = 1) {
  return source_volume(
      brats_grid({9, 8, 7}), {{0, 0, 0}, {9, 8, 7}}, {"t1", "flair"},
      [=](size_t c, const Voxel& v) -> float {
        const auto square = [](int64_t a) { return a * a; };
        const int64_t i = (v[2] * 8 + v[1]) * 9 + v[0];
        const bool in = square(v[0] - 4) + square(v[1] - 4) + square(v[2] - 3) <= 9;
        if (c == 1 && v == Voxel{4, 4, 3}) return 0.0f;
        if (c == 1) return static_cast<float>(in ? 40 + 11 * i % 71 + 5 * v[2] : 1 + 3 * i % 11);
        const auto t1 = static_cast<double>(100 + 7 * i % 53 + 3 * v[0]);
        return static_cast<float>(in ? std::pow(t1, power) / (power == 1 ? 1 : 100)
                                     : static_cast<double>(1 + 5 * i % 13));
      });
}

// The numbers below come from numpy.pad, numpy.percentile, scipy.ndimage.binary_dilation and
// binary_fill_holes, numpy.digitize, mean and std, in that order.
TEST(Histogram, PreparesAsNumpyAndScipyDo) {
  const Volume prepared = recipe(hved + "mask-channels = t1 flair\n").apply(ball());
  const Image& image = prepared.data.image;
  ASSERT_THAT(image.grid.size, ElementsAre(13, 12, 11));
  const auto& brain = prepared.data.brain->voxels;
  EXPECT_EQ(std::count(brain.begin(), brain.end(), 1), 463);
  const std::vector<Voxel> at{{6, 6, 5}, {4, 6, 5}, {6, 6, 3}, {0, 0, 0},
                              {5, 4, 5}, {6, 6, 7}, {6, 6, 2}};
  const double t1[] = {1.329306, 0.810874, 1.291349, -2.610065, 0.714275, 1.367263, 0.721181};
  const double flair[] = {-2.466696, 0.645067, 0.511536, -2.466696, 1.522029, 3.508294, 0.460956};
  double squares[] = {0, 0};
  for (size_t c = 0; c < 2; ++c)
    for (int64_t i = 0; i < image.grid.voxel_count(); ++i)
      squares[c] += std::pow(image.channel(c)[i], 2);
  for (size_t i = 0; i < at.size(); ++i) {
    EXPECT_NEAR(image.channel(0)[flat(image.grid, at[i])], t1[i], 1e-5) << i;
    EXPECT_NEAR(image.channel(1)[flat(image.grid, at[i])], flair[i], 1e-5) << i;
  }
  EXPECT_NEAR(squares[0], 6139.908720, 0.01);
  EXPECT_NEAR(squares[1], 3185.483960, 0.01);
}

TEST(Histogram, AMissingChannelNarrowsTheMaskWithOneWarning) {
  Volume volume = ball();
  volume.data.image.channels = {"t1"};
  volume.data.image.voxels.resize(static_cast<size_t>(volume.data.image.grid.voxel_count()));
  const Recipe prepares = recipe(hved + "mask-channels = t1 flair\n");
  testing::internal::CaptureStderr();
  const Volume prepared = prepares.apply(volume);
  prepares.apply(volume);
  const std::string said = testing::internal::GetCapturedStderr();
  const auto& brain = prepared.data.brain->voxels;
  EXPECT_EQ(std::count(brain.begin(), brain.end(), 1), 467);
  EXPECT_NEAR(prepared.data.image.voxels[flat(prepared.data.image.grid, {6, 6, 5})], 1.334601,
              1e-5);
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
}

TEST(Histogram, ChannelsOfTheMaskNeedNotBeKept) {
  const std::vector<std::string> one{"t1"};
  const Recipe prepares = recipe(hved + "mask-channels = t1 flair\n");
  const Volume all = prepares.apply(ball()), alone = prepares.apply(ball(), one);
  EXPECT_EQ(alone.data.image.channels, one);
  EXPECT_EQ(alone.data.brain->voxels, all.data.brain->voxels);
  EXPECT_TRUE(std::equal(alone.data.image.voxels.begin(), alone.data.image.voxels.end(),
                         all.data.image.voxels.begin()));
}

TEST(Histogram, LandmarksAreLearntFromTrainingCasesAndStayInTheRecipe) {
  // 100 * (p - p[0]) / (p[12] - p[0]) of both cases' percentiles, averaged (numpy).
  const double learnt[] = {0,        0.475101, 0.950201, 1.425302,  1.900403,  2.850604, 3.800805,
                           4.751006, 5.701208, 59.3389,  65.174754, 79.132171, 100};
  const auto load = [](int64_t i) { return ball(i == 0 ? 1 : 2); };
  const Section section =
      parse_recipe(hved + "mask-channels = t1\nlandmarks = from-train\n", "test.ini");
  const Recipe fitted = Recipe::fit(section, 2, load, 2);
  const Section text = parse_recipe(fitted.ini(), "fitted");
  LandmarkTable table;
  for (const auto& s : text.settings)
    if (s.key == "landmarks") table = parse_landmarks(s.value);
  ASSERT_TRUE(table.contains("t1") && table.contains("flair"));
  for (size_t k = 0; k < 13; ++k) EXPECT_NEAR(table.at("t1")[k], learnt[k], 1e-5) << k;

  const Recipe again = Recipe::from_text(fitted.ini());
  EXPECT_EQ(again.id(), fitted.id());
  EXPECT_EQ(again.apply(ball()).data.image.voxels, fitted.apply(ball()).data.image.voxels);
  EXPECT_THROW(Recipe::fit(section, 0, nullptr), UsageError);
  EXPECT_THROW(Recipe::from_text(hved + "landmarks = from-train"), UsageError);
}

TEST(Histogram, ChannelsWithoutLandmarksAreRefused) {
  EXPECT_THAT(refusal(hved + "mask-channels = t1 adc\n"), HasSubstr("'adc', landmarks are"));
  Volume volume = ball();
  volume.data.image.channels[1] = "adc";
  try {
    recipe(hved + "mask-channels = t1\n").apply(volume);
    FAIL() << "adc was prepared";
  } catch (const DataError& e) {
    EXPECT_THAT(e.what(), testing::AllOf(HasSubstr("case-1"), HasSubstr("'adc'"),
                                         HasSubstr("landmarks = from-train")));
  }
  Volume flat_one = ball();
  std::fill(flat_one.data.image.voxels.begin(), flat_one.data.image.voxels.end(), 3.0f);
  EXPECT_THROW(recipe(hved + "mask-channels = t1\n").apply(flat_one), DataError);
}

TEST(Content, SizePadsWithTheMinimumOfWhitenedIntensities) {
  const Recipe prepares =
      recipe(test::with_lines(hved, "mask-channels = t1 flair\nsize = 16 16 16\n"));
  EXPECT_TRUE(prepares.minimum_outside());
  EXPECT_FALSE(prepares.leaves_sizes());
  const Image image = prepares.apply(ball()).data.image;
  ASSERT_THAT(image.grid.size, ElementsAre(16, 16, 16));
  EXPECT_FLOAT_EQ(image.voxels[0],
                  *std::min_element(image.voxels.begin(), image.voxels.begin() + 4096));
  // A fitted size counts the padding and keeps to its multiple.
  const Recipe fitted = Recipe::fit(
      parse_recipe(test::with_lines(hved, "mask-channels = t1\nsize = fit\nsize-multiple = 8\n"),
                   "test.ini"),
      1, [](int64_t) { return ball(); });
  EXPECT_THAT(fitted.ini(), HasSubstr("size = 16 16 16\n"));
}

TEST(Content, LabelsComeBackOntoTheScan) {
  // Content 24x20x18 of a scan of 30x28x21, imported one voxel wider; least-size reaches further.
  Random random(7, 0, "round-trip");
  Volume volume = source_volume(brats_grid({30, 28, 21}), {{2, 3, 1}, {26, 22, 20}},
                                {"t1", "flair"}, [&](size_t, const Voxel& v) -> float {
                                  const bool in = v[0] >= 3 && v[0] < 27 && v[1] >= 4 &&
                                                  v[1] < 24 && v[2] >= 2 && v[2] < 20;
                                  return in ? 1.0f + static_cast<float>(random.below(900)) : 0.0f;
                                });
  Labels label{volume.data.image.grid, {}};
  for (int64_t i = 0; i < label.grid.voxel_count(); ++i)
    label.voxels.push_back(static_cast<uint8_t>(random.below(4)));
  volume.data.label = label;
  const Volume prepared =
      recipe(
          "orientation = RAS\ncrop = content\nleast-size = 22\nsize = any\npadding = 10\n"
          "intensity = histogram\nmask-channels = t1 flair\nnegative = keep\ntruncate = off\n")
          .apply(volume);
  // y: e = 1, (3, 26); z: e = 2, (0, 23) ends at 21.
  EXPECT_THAT(prepared.data.image.grid.size, ElementsAre(24 + 20, 23 + 20, 21 + 20));
  const Labels back = voxels::restore(prepared.chain, *prepared.data.label);
  ASSERT_EQ(back.grid, volume.chain.source);
  for (int64_t z = 0; z < 21; ++z)
    for (int64_t y = 0; y < 28; ++y)
      for (int64_t x = 0; x < 30; ++x) {
        const bool in = x >= 3 && x < 27 && y >= 3 && y < 25 && z >= 1;
        const Voxel local{x - 2, y - 3, z - 1};
        ASSERT_EQ(back.voxels[flat(back.grid, {x, y, z})],
                  in ? label.voxels[flat(label.grid, local)] : 0)
            << x << " " << y << " " << z;
      }
}

TEST(Content, WideningInsideTheScanMissesNoVoxel) {
  // Content 10 of 20 voxels along each axis: at the end, in the middle, at the front.
  const Volume volume = source_volume(brats_grid({20, 20, 20}), {{0, 0, 0}, {20, 20, 20}}, {"t1"},
                                      [](size_t, const Voxel& v) -> float {
                                        return v[0] >= 10 && v[1] >= 6 && v[1] < 16 && v[2] < 10
                                                   ? 1.0f + static_cast<float>(v[0])
                                                   : 0.0f;
                                      });
  const auto prepared = [&](const std::string& lines) {
    return recipe("crop = content\nsize = any\nintensity = none\nmask-channels = t1\n" + lines)
        .apply(volume)
        .data.image;
  };
  // e = 2: (8, 23) ends at 20; (4, 19); (-2, 13) begins at 0.
  EXPECT_THAT(prepared("least-size = 15\n").grid.size, ElementsAre(12, 15, 15));
  const Image inside = prepared("least-size = 15\nwidening = inside\n");
  EXPECT_THAT(inside.grid.size, ElementsAre(15, 15, 15));
  EXPECT_EQ(inside.voxels[4 + 15 * 3], 0) << "(9, 7, 0) of the scan";
  EXPECT_EQ(inside.voxels[5 + 15 * 3], 11) << "(10, 7, 0)";
  EXPECT_THAT(prepared("least-size = 25\nwidening = inside\n").grid.size, ElementsAre(20, 20, 20));
}

TEST(Content, KeysThatContradictEachOther) {
  EXPECT_THAT(refusal("crop = center\nsize = any"), HasSubstr("found any"));
  EXPECT_THAT(refusal("crop = center\nsize = 8 8 8\npadding = 1"), HasSubstr("padding = 0"));
  EXPECT_TRUE(recipe("size = any").leaves_sizes());
  EXPECT_FALSE(recipe("size = any").minimum_outside());
}

}  // namespace
}  // namespace kdseg::prepare
