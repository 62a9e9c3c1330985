// Recipes on volumes: HAD-Net's two variants, fitting, and the way back.
#include "prepare/recipe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"
#include "base/random.h"
#include "prepare/placement.h"
#include "unit/prepare/recipe_lines.h"
#include "unit/prepare/volumes.h"
#include "voxels/chain.h"

namespace kdseg::prepare {
namespace {

using test::brats_grid;
using test::flat;
using test::source_volume;
using test::Voxel;
using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::string> all4{"flair", "t1ce", "t1", "t2"};
const char* paper_variant =
    "name = had-net-paper\norientation = LPS\ncrop = center\nsize = 160 192 160\n"
    "intensity = z-score\noutside = zero\nnegative = keep\ntruncate = off\n";

Recipe recipe(const std::string& lines) {
  return Recipe::fit(parse_recipe(test::with_lines(test::had_net, lines), "test.ini"), 0, nullptr);
}

/// Intensities 100, 200, 300, 400 at x 3..6 of slice 4, the last one row behind the others (so that
/// their box holds background too); the same in every channel.
Volume four_voxels() {
  return source_volume(
      brats_grid({12, 10, 9}), {{1, 1, 1}, {8, 7, 6}}, all4, [](size_t, const Voxel& v) -> float {
        const bool in = v[2] == 4 && v[0] >= 3 && v[0] < 7 && v[1] == (v[0] == 6 ? 4 : 3);
        return in ? 100.0f * static_cast<float>(v[0] - 2) : 0.0f;
      });
}

TEST(Recipe, CodeVariantCropsNormalizesAndPads) {
  const Volume prepared = recipe("size = 9 4 4").apply(four_voxels());
  const Image& image = prepared.data.image;
  EXPECT_THAT(image.grid.size, ElementsAre(9, 4, 4));
  EXPECT_EQ(image.channels, all4);
  // The box is 4x2x1, y reversed: padded in front by floor(5/2) = 2, 2/2 = 1, floor(3/2) = 1.
  const float expected[] = {0.170820f, 0.341641f, 0.512461f, 0.683282f};
  double sum = 0;
  for (const float v : image.voxels) sum += v;
  for (int c = 0; c < 4; ++c)
    for (int64_t x = 0; x < 4; ++x)
      EXPECT_NEAR(
          image.channel(static_cast<size_t>(c))[flat(image.grid, {x + 2, x == 3 ? 1 : 2, 1})],
          expected[x], 1e-6);
  EXPECT_NEAR(sum, 4 * (0.170820 + 0.341641 + 0.512461 + 0.683282), 1e-4);
  ASSERT_TRUE(prepared.data.brain);
  EXPECT_EQ(prepared.data.brain->voxels[flat(image.grid, {2, 2, 1})], 1);
  EXPECT_EQ(std::count(prepared.data.brain->voxels.begin(), prepared.data.brain->voxels.end(), 1),
            4);
}

TEST(Recipe, CodeVariantReversesTheSecondAxis) {
  // Two voxels along y: in the scan (y towards posterior) 100 then 300.
  const Volume volume = source_volume(
      brats_grid({4, 6, 4}), {{0, 0, 0}, {4, 6, 4}}, all4, [](size_t, const Voxel& v) -> float {
        return v[0] == 1 && v[2] == 1 && (v[1] == 2 || v[1] == 3) ? (v[1] == 2 ? 100.0f : 300.0f)
                                                                  : 0.0f;
      });
  const Image image = recipe("size = 1 2 1").apply(volume).data.image;
  EXPECT_GT(image.voxels[0], image.voxels[1]);
  EXPECT_DOUBLE_EQ(image.grid.direction[4], -1);  // the world positions stay what they were
}

TEST(Recipe, PaperVariantTakesTheCenterOfTheWholeScan) {
  // Content cropped off center; x 40..199 and y 24..215 are kept, z gets 2 before and 3 after.
  const Voxel first{40, 24, 0}, last{199, 215, 154}, outside{39, 100, 50};
  const Volume volume =
      source_volume(brats_grid(), {{30, 20, 0}, {172, 198, 155}}, {"flair"},
                    [&](size_t, const Voxel& v) -> float {
                      return v == first ? 1.0f : v == last ? 4.0f : v == outside ? 9.0f : 0.0f;
                    });
  const Volume prepared = recipe(paper_variant).apply(volume);
  const Image& image = prepared.data.image;
  EXPECT_THAT(image.grid.size, ElementsAre(160, 192, 160));
  EXPECT_NEAR(image.voxels[flat(image.grid, {0, 0, 2})], -1, 1e-6);  // mu 2.5, sigma 1.5
  EXPECT_NEAR(image.voxels[flat(image.grid, {159, 191, 156})], 1, 1e-6);
  EXPECT_EQ(std::count(prepared.data.brain->voxels.begin(), prepared.data.brain->voxels.end(), 1),
            2);
  EXPECT_THAT(image.grid.origin_mm, ElementsAre(40, -239 + 24, -2));
}

TEST(Recipe, PaperVariantFollowsScansStoredInAnotherOrientation) {
  // The same head in a scan stored R-A-S: import turned x and y, then cropped.
  Grid scan = brats_grid();
  scan.direction = {-1, 0, 0, 0, -1, 0, 0, 0, 1};
  scan.origin_mm = {239, 0, 0};
  Volume volume = source_volume(
      brats_grid(), {{30, 20, 0}, {172, 198, 155}}, {"flair"}, [](size_t, const Voxel& v) -> float {
        return v == Voxel{40, 24, 0} ? 1.0f : v == Voxel{41, 24, 0} ? 4.0f : 0.0f;
      });
  volume.chain = {scan,
                  {Reorient{{0, 1, 2}, {true, true, false}}, Box{{30, 20, 0}, {172, 198, 155}}}};
  const Image image = recipe(paper_variant).apply(volume).data.image;
  EXPECT_NEAR(image.voxels[flat(image.grid, {0, 0, 2})], -1, 1e-6);
  EXPECT_NEAR(image.voxels[flat(image.grid, {1, 0, 2})], 1, 1e-6);
}

TEST(Recipe, PaperVariantScoresBrainVoxels) {
  const std::string lines =
      "orientation = LPS\ncrop = center\nsize = 12 10 9\nintensity = z-score\n"
      "outside = zero\nnegative = keep\ntruncate = off\n";
  const Image image = recipe(lines).apply(four_voxels()).data.image;
  const float expected[] = {-1.341641f, -0.447214f, 0.447214f, 1.341641f};
  for (int64_t x = 0; x < 4; ++x)
    EXPECT_NEAR(image.voxels[flat(image.grid, {x + 3, x == 3 ? 4 : 3, 4})], expected[x], 1e-6);
  EXPECT_EQ(std::count(image.voxels.begin(), image.voxels.end(), 0.0f), 4 * (12 * 10 * 9 - 4));
}

TEST(Recipe, PaddingAndCuttingFollowThePublishedRounding) {
  const Box pad = centered_box({137, 160, 10}, {160, 160, 10});
  EXPECT_EQ(-pad.begin[0], 11);  // 11 before, so 12 after
  EXPECT_EQ(pad.begin[0] + 160 - 137, 12);
  EXPECT_EQ(centered_box({163, 1, 1}, {160, 1, 1}).begin[0], 2);  // keeps 2..161
  EXPECT_EQ(centered_box({162, 1, 1}, {160, 1, 1}).begin[0], 1);
}

TEST(Recipe, CommonSizeIsRoundedUpAndSharedByXAndZ) {
  const std::vector<std::string> equal{"x", "z"};
  // Largest crops written z, y, x: (137,171,133) and (155,171,140).
  EXPECT_THAT(common_size({133, 171, 137}, 16, equal), ElementsAre(144, 176, 144));
  EXPECT_THAT(common_size({140, 171, 155}, 16, equal), ElementsAre(160, 176, 160));
  EXPECT_THAT(common_size({140, 171, 155}, 16, {}), ElementsAre(144, 176, 160));
}

TEST(Recipe, FitTakesTheLargestTrainingCropAndStaysFitted) {
  const auto load = [](int64_t i) {
    const int64_t x = i == 0 ? 17 : 3, y = i == 0 ? 5 : 33;
    return source_volume(brats_grid({40, 40, 20}), {{0, 0, 0}, {40, 40, 20}}, all4,
                         [=](size_t, const Voxel& v) -> float {
                           return v[0] < x && v[1] < y && v[2] < 2 ? 1.0f + static_cast<float>(v[0])
                                                                   : 0.0f;
                         });
  };
  const Recipe fitted = Recipe::fit(parse_recipe(test::had_net, "test.ini"), 2, load, 2);
  EXPECT_THAT(fitted.ini(), HasSubstr("size = 32 48 32\n"));
  EXPECT_EQ(Recipe::fit(parse_recipe(fitted.ini(), "again.ini"), 0, nullptr).id(), fitted.id());
  EXPECT_THAT(fitted.apply(load(1)).data.image.grid.size, ElementsAre(32, 48, 32));
}

TEST(Recipe, FitNeedsTrainingCases) { EXPECT_THROW(recipe("size = fit"), UsageError); }

TEST(Recipe, LabelsComeBackWithinTheBox) {
  const Box content{{2, 3, 1}, {20, 22, 18}};
  Random random(7, 0, "round-trip");
  Volume volume =
      source_volume(brats_grid({26, 28, 21}), content, all4, [&](size_t, const Voxel& v) -> float {
        const bool in = v[0] >= 4 && v[0] < 19 && v[1] >= 5 && v[1] < 24 && v[2] >= 2 && v[2] < 17;
        return in ? 1.0f + static_cast<float>(random.below(900)) : 0.0f;
      });
  Labels label{volume.data.image.grid, {}};
  for (int64_t i = 0; i < label.grid.voxel_count(); ++i)
    label.voxels.push_back(static_cast<uint8_t>(random.below(4)));
  volume.data.label = label;

  // The box is 15x19x15: padded on x, cut on y (19 to 16: keeps 2..17) and exact on z.
  const Volume prepared = recipe("size = 32 16 15").apply(volume);
  const Labels back = voxels::restore(prepared.chain, *prepared.data.label);
  ASSERT_EQ(back.grid, volume.chain.source);
  int64_t kept = 0;
  for (int64_t z = 0; z < 21; ++z)
    for (int64_t y = 0; y < 28; ++y)
      for (int64_t x = 0; x < 26; ++x) {
        // y runs backwards in the prepared volume: cut 2 in front means y 22..23 and 5.
        const bool in = x >= 4 && x < 19 && y >= 6 && y < 22 && z >= 2 && z < 17;
        const Voxel local{x - 2, y - 3, z - 1};
        const uint8_t expected = in ? label.voxels[flat(label.grid, local)] : 0;
        ASSERT_EQ(back.voxels[flat(back.grid, {x, y, z})], expected) << x << " " << y << " " << z;
        kept += in;
      }
  EXPECT_EQ(kept, 15 * 16 * 15);
}

TEST(Recipe, MaskUsesChannelsTheNetworkDoesNotGet) {
  // t1ce is zero on half of the head: the student's crop is the half all four sequences share.
  const Volume volume = source_volume(brats_grid({12, 10, 9}), {{0, 0, 0}, {12, 10, 9}}, all4,
                                      [](size_t c, const Voxel& v) -> float {
                                        if (c == 1 && v[0] >= 6) return 0.0f;
                                        return 10.0f + static_cast<float>(v[0] + v[1]);
                                      });
  const std::vector<std::string> student{"flair", "t1", "t2"};
  const Recipe code = recipe("size = 12 10 9");
  const Volume prepared = code.apply(volume, student);
  EXPECT_EQ(prepared.data.image.channels, student);
  const auto brain = prepared.data.brain->voxels;
  EXPECT_EQ(std::count(brain.begin(), brain.end(), 1), 6 * 10 * 9);

  // Without t1ce at hand the mask is what the three given sequences share.
  Volume own = volume;
  own.data.image.channels = student;
  const auto count = static_cast<size_t>(own.data.image.grid.voxel_count());
  own.data.image.voxels.erase(own.data.image.voxels.begin() + static_cast<ptrdiff_t>(count),
                              own.data.image.voxels.begin() + static_cast<ptrdiff_t>(2 * count));
  testing::internal::CaptureStderr();
  const auto wide = code.apply(own, student).data.brain->voxels;
  code.apply(own, student);
  const std::string said = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(wide.begin(), wide.end(), 1), 12 * 10 * 9);
  EXPECT_THAT(said, HasSubstr("brain mask from flair, t1, t2 alone"));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1) << said;
}

TEST(Recipe, NegativeVoxelsBecomeAbsoluteAfterTheMask) {
  Volume volume = four_voxels();
  for (float& v : volume.data.image.voxels) v = v == 200.0f ? -200.5f : v;
  const Image image = recipe("size = 4 2 1").apply(volume).data.image;
  EXPECT_NEAR(image.voxels[5], 0.341641f, 1e-6);  // -200.5 counts as 200
}

TEST(Recipe, ApplyMaskSaysWhenImagesAreMasked) {
  // One voxel is zero in t2 only: it lies outside the brain but keeps flair's value by default.
  const Volume volume = source_volume(brats_grid({6, 6, 6}), {{0, 0, 0}, {6, 6, 6}}, all4,
                                      [](size_t c, const Voxel& v) -> float {
                                        if (c == 3 && v == Voxel{2, 2, 2}) return 0.0f;
                                        return 10.0f + static_cast<float>(v[0]);
                                      });
  const auto at = [&](const Recipe& r) {
    const Image image = r.apply(volume).data.image;
    return image.voxels[flat(image.grid, {2, 3, 2})];  // y reversed
  };
  const Recipe usual = recipe("size = 6 6 6");
  const Recipe always = recipe("size = 6 6 6\napply-mask = always");
  const Recipe never = recipe("size = 6 6 6\napply-mask = never");
  EXPECT_GT(at(usual), 0);
  EXPECT_GT(at(never), 0);
  EXPECT_EQ(at(always), 0);
  EXPECT_TRUE(usual.masks_augmented());
  EXPECT_TRUE(always.masks_augmented());
  EXPECT_FALSE(never.masks_augmented());
}

TEST(Recipe, MarginsRefuseCasesWhoseSequencesEndElsewhere) {
  const auto holed = [](bool differ) {
    return source_volume(brats_grid({8, 8, 8}), {{0, 0, 0}, {8, 8, 8}}, all4,
                         [=](size_t c, const Voxel& v) -> float {
                           const bool flair_end = v == Voxel{0, 3, 3}, t1_end = v == Voxel{0, 4, 4};
                           if (differ && ((c == 0 && flair_end) || (c == 2 && t1_end))) return 5.0f;
                           return v[0] > 0 ? 10.0f + static_cast<float>(v[0]) : 0.0f;
                         });
  };
  // Both sequences reach x = 0, but nowhere in the same voxel.
  const Recipe margins = recipe("size = 8 8 8\noffsets = margins\nmask-channels = flair t1");
  EXPECT_NO_THROW(margins.apply(holed(false)));
  EXPECT_THROW(margins.apply(holed(true)), DataError);
  EXPECT_NO_THROW(recipe("size = 8 8 8\nmask-channels = flair t1").apply(holed(true)));
}

TEST(Recipe, BadVolumesAreNamed) {
  const Recipe code = recipe("size = 8 8 8");
  const auto message = [](const auto& act) {
    try {
      act();
    } catch (const DataError& e) {
      return std::string(e.what());
    }
    return std::string("no DataError");
  };
  Volume volume = four_voxels();
  const std::vector<std::string> wanted{"flair", "pd"};
  EXPECT_THAT(message([&] { code.apply(volume, wanted); }),
              testing::AllOf(HasSubstr("case-1"), HasSubstr("'pd'"), HasSubstr("flair, t1ce")));
  Volume empty = volume;
  std::fill(empty.data.image.voxels.begin(), empty.data.image.voxels.end(), 0.0f);
  EXPECT_THAT(message([&] { code.apply(empty); }), HasSubstr("empty brain"));
  Volume constant = volume;
  for (float& v : constant.data.image.voxels) v = v > 0 ? 7.0f : 0.0f;
  EXPECT_THAT(message([&] { code.apply(constant); }), HasSubstr("constant"));
  Volume other = volume;
  other.recipe_id = "0123456789abcdef";
  EXPECT_THAT(message([&] { code.apply(other); }), HasSubstr("0123456789abcdef"));
}

TEST(Recipe, ItsOwnVolumesPassThrough) {
  const Recipe code = recipe("size = 9 4 4");
  const Volume once = code.apply(four_voxels());
  EXPECT_EQ(once.recipe_id, code.id());
  EXPECT_EQ(once.recipe_ini, code.ini());
  const std::vector<std::string> one{"t1"};
  const Volume twice = code.apply(once, one);
  EXPECT_EQ(twice.chain, once.chain);
  EXPECT_EQ(twice.data.image.channels, one);
}

}  // namespace
}  // namespace kdseg::prepare
