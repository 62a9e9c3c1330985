// The preparation of MKD: isotropic voxels, squares around the labels, clipped z-scores mapped to
// [-1, 1], slices of one size, and the way back to the scan.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/read_file.h"
#include "prepare/recipe.h"
#include "prepare/square_crop.h"
#include "unit/prepare/recipe_lines.h"
#include "unit/prepare/volumes.h"
#include "voxels/chain.h"

namespace kdseg::prepare {
namespace {

using test::refusal;
using test::Voxel;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

const std::string mkd =
    "name = mkd\nspacing = 1 1 1\ncrop = labels\nsize = any\nintensity = range\n"
    "slice-size = 64 64\n";

Recipe fitted(const std::string& lines, const std::vector<Volume>& cases = {}) {
  return Recipe::fit(parse_recipe(lines, "test.ini"), static_cast<int64_t>(cases.size()),
                     [&](int64_t i) { return cases[static_cast<size_t>(i)]; });
}

template <class Work>
std::string data_error(const Work& work) {
  try {
    work();
  } catch (const DataError& e) {
    return e.what();
  }
  return "accepted";
}

/// An ellipsoid of class 1 with a core of class 2 in a CT of air and tissue; semi-axes in mm.
Volume ellipsoid_case(const std::array<int64_t, 3>& size, const std::array<double, 3>& spacing,
                      const std::array<double, 3>& center, float contrast = 300) {
  Grid grid;
  grid.size = size;
  grid.spacing_mm = spacing;
  Volume volume;
  volume.data.id = "case-1";
  volume.data.classes = {{"background", "MYO", "LV"}, {0, 205, 500}};
  volume.chain = {grid, {}};
  volume.data.image = {grid, {"ct"}, {}};
  volume.data.label = Labels{grid, {}};
  for (int64_t z = 0; z < size[2]; ++z)
    for (int64_t y = 0; y < size[1]; ++y)
      for (int64_t x = 0; x < size[0]; ++x) {
        const Voxel v{x, y, z};
        double r = 0;
        const std::array<double, 3> semi{20, 14, 16};
        for (int a = 0; a < 3; ++a)
          r += std::pow((static_cast<double>(v[a]) * spacing[a] - center[a]) / semi[a], 2);
        volume.data.label->voxels.push_back(r < 0.3 ? 2 : r < 1 ? 1 : 0);
        volume.data.image.voxels.push_back((r < 0.3 ? contrast
                                            : r < 1 ? 100.0f
                                                    : -800.0f) +
                                           static_cast<float>((x * 7 + y * 3 + z) % 11));
      }
  return volume;
}

TEST(UnitRange, FollowsTheConstantsOfTheRelatedWork) {
  std::vector<float> mr{0, -1.8f, 4.4f, -9, 9};
  map_to_unit_range(mr, -1.8, 4.4);
  EXPECT_NEAR(mr[0], -0.419355, 1e-6);
  EXPECT_NEAR(mr[1], -1, 1e-6);
  EXPECT_NEAR(mr[2], 1, 1e-6);
  EXPECT_EQ(mr[3], -1);
  EXPECT_EQ(mr[4], 1);
  std::vector<float> ct{0, -2.8f, 3.2f};
  map_to_unit_range(ct, -2.8, 3.2);
  EXPECT_NEAR(ct[0], -0.066667, 1e-6);
  EXPECT_NEAR(ct[1], -1, 1e-6);
  EXPECT_NEAR(ct[2], 1, 1e-6);
}

TEST(Percentile, IsThatOfNumpy) {
  // numpy.percentile of the same lists.
  EXPECT_NEAR(percentile(std::vector<float>{4, 1, 3, 2}, 98), 3.94, 1e-6);
  EXPECT_NEAR(percentile(std::vector<float>{4, 1, 3, 2}, 50), 2.5, 1e-6);
  EXPECT_EQ(percentile(std::vector<float>{7}, 98), 7);
  EXPECT_EQ(percentile(std::vector<float>{2, 9, 5}, 100), 9);
  std::vector<float> many(101);
  for (size_t i = 0; i < many.size(); ++i) many[i] = static_cast<float>(100 - i);
  EXPECT_NEAR(percentile(many, 98), 98, 1e-6);
}

TEST(SquareBox, IsCenteredAtTheLabelsWithAQuarterMoreAndEightSlices) {
  Grid grid;
  grid.size = {100, 80, 60};
  Labels label{grid, std::vector<uint8_t>(static_cast<size_t>(grid.voxel_count()))};
  const auto set = [&](int64_t x, int64_t y, int64_t z) {
    label.voxels[test::flat(grid, {x, y, z})] = 3;
  };
  set(30, 50, 20);
  set(69, 61, 45);  // 40 x 12 x 26 voxels
  const Box box = square_box(label, 1.25, 8);
  EXPECT_THAT(box.size, ElementsAre(50, 50, 42));
  EXPECT_THAT(box.begin, ElementsAre(25, 31, 12));
  set(50, 55, 3);
  set(50, 55, 58);
  const Box clipped = square_box(label, 1.25, 8);
  EXPECT_EQ(clipped.begin[2], 0);
  EXPECT_EQ(clipped.size[2], 60);
  set(30, 0, 20);  // 62 along y: the square reaches beyond the scan
  EXPECT_THAT(square_box(label, 1.25, 8).size, ElementsAre(78, 78, 60));
  EXPECT_THAT(square_box(label, 1.25, 8).begin, ElementsAre(11, -8, 0));
  std::fill(label.voxels.begin(), label.voxels.end(), 0);
  EXPECT_EQ(square_box(label, 1.25, 8).size[0], 0);
}

TEST(SquareSlices, HaveIsotropicVoxelsOneSizeAndTheLabelsInTheMiddle) {
  const Volume source = ellipsoid_case({60, 50, 30}, {1.5, 1.5, 3}, {45, 40, 40});
  const Recipe recipe = fitted(mkd, {source});
  const Volume made = recipe.apply(source);
  const Grid& grid = made.data.image.grid;
  EXPECT_THAT(grid.size, ElementsAre(64, 64, testing::_));
  EXPECT_NEAR(grid.spacing_mm[2], 1, 1e-9);
  EXPECT_NEAR(grid.spacing_mm[0] * 64, 1.25 * 40, 1.5);
  EXPECT_NEAR(static_cast<double>(grid.size[2]), 32 + 2 * 8, 3);
  const Box box = voxels::bounding_box(*made.data.label);
  for (int a = 0; a < 2; ++a)
    EXPECT_NEAR(static_cast<double>(box.begin[a]) + 0.5 * static_cast<double>(box.size[a]), 32,
                1.5);
  EXPECT_NEAR(static_cast<double>(box.size[0]), 64 / 1.25, 2);
  // The world says where it is: the middle of the square is that of the ellipsoid.
  for (int a = 0; a < 2; ++a)
    EXPECT_NEAR(grid.origin_mm[a] + 31.5 * grid.spacing_mm[a], a == 0 ? 45 : 40, 1);
}

TEST(SquareSlices, RangesAreThoseOfTheClippedZScoresOfTheTrainingCases) {
  const Volume low = ellipsoid_case({60, 50, 40}, {1, 1, 1}, {30, 25, 20}, 200),
               high = ellipsoid_case({60, 50, 40}, {1, 1, 1}, {30, 25, 20}, 900);
  const std::string lines = test::with_lines(mkd, "slice-size = keep\n");
  // By hand: the crop's values above their 98th percentile cut, then mean 0 and deviation 1.
  const auto by_hand = [](const Volume& volume) {
    const Labels& label = *volume.data.label;
    const Box box = square_box(label, 1.25, 8);
    std::vector<double> values;
    float least = 1e9f;
    int64_t beyond = 0;
    for (int64_t z = 0; z < box.size[2]; ++z)
      for (int64_t y = 0; y < box.size[1]; ++y)
        for (int64_t x = 0; x < box.size[0]; ++x) {
          const Voxel v{x + box.begin[0], y + box.begin[1], z + box.begin[2]};
          bool inside = true;
          for (int a = 0; a < 3; ++a) inside &= v[a] >= 0 && v[a] < label.grid.size[a];
          if (!inside) {
            ++beyond;
            continue;
          }
          values.push_back(volume.data.image.voxels[test::flat(label.grid, v)]);
          least = std::min(least, static_cast<float>(values.back()));
        }
    values.insert(values.end(), static_cast<size_t>(beyond), least);
    std::sort(values.begin(), values.end());
    const double rank = 0.98 * static_cast<double>(values.size() - 1);
    const auto below = static_cast<size_t>(rank);
    const double top =
        values[below] + (rank - static_cast<double>(below)) * (values[below + 1] - values[below]);
    double mean = 0, square = 0;
    for (double& v : values) mean += (v = std::min(v, top)) / static_cast<double>(values.size());
    for (const double v : values)
      square += (v - mean) * (v - mean) / static_cast<double>(values.size());
    return std::pair((values.front() - mean) / std::sqrt(square),
                     (values.back() - mean) / std::sqrt(square));
  };
  const auto [low_min, low_max] = by_hand(low);
  const auto [high_min, high_max] = by_hand(high);
  const Recipe recipe = fitted(lines, {low, high});
  const Section section = parse_recipe(recipe.ini(), "fitted");
  std::string ranges;
  for (const auto& s : section.settings)
    if (s.key == "ranges") ranges = s.value;
  const auto words = split_list(ranges);
  ASSERT_EQ(words.size(), 3u);
  EXPECT_EQ(words[0], "ct");
  EXPECT_NEAR(parse_number(words[1]).value(), std::min(low_min, high_min), 1e-4);
  EXPECT_NEAR(parse_number(words[2]).value(), std::max(low_max, high_max), 1e-4);
  EXPECT_EQ(fitted(recipe.ini()).id(), recipe.id()) << "a fitted recipe refits to itself";

  // The case that had the greatest value reaches 1, all stay within.
  const auto ends = [&](const Volume& volume) {
    const Volume made = recipe.apply(volume);
    const auto [a, b] =
        std::minmax_element(made.data.image.voxels.begin(), made.data.image.voxels.end());
    return std::pair(*a, *b);
  };
  EXPECT_GE(std::min(ends(low).first, ends(high).first), -1);
  EXPECT_NEAR(std::min(ends(low).first, ends(high).first), -1, 1e-5);
  EXPECT_NEAR(std::max(ends(low).second, ends(high).second), 1, 1e-5);
}

TEST(SquareSlices, ComeBackToTheScanWhateverItsAxes) {
  Volume scan = ellipsoid_case({60, 50, 40}, {1, 1.2, 1.5}, {30, 28, 30});
  const Recipe recipe = fitted(mkd, {scan});
  // The scan as a file of other axes had it: its chain begins with a turn.
  Volume turned = scan;
  turned.chain = {
      voxels::grid_after(scan.data.image.grid, Reorient{{1, 2, 0}, {true, false, true}}), {}};
  turned.chain.steps.emplace_back(voxels::reorient_to(turned.chain.source, "LPS"));
  ASSERT_TRUE(same_grid(voxels::grid_after(turned.chain), scan.data.image.grid));
  for (const Volume& volume : {scan, turned}) {
    const Volume made = recipe.apply(volume);
    EXPECT_EQ(made.chain.source, volume.chain.source);
    const Labels back = voxels::restore(made.chain, *made.data.label);
    const Labels truth = voxels::restore(volume.chain, *volume.data.label);
    EXPECT_TRUE(same_grid(back.grid, volume.chain.source));
    for (const int name : {1, 2}) {
      double both = 0, sum = 0;
      for (size_t i = 0; i < truth.voxels.size(); ++i) {
        both += truth.voxels[i] == name && back.voxels[i] == name;
        sum += (truth.voxels[i] == name) + (back.voxels[i] == name);
      }
      EXPECT_GT(2 * both / sum, 0.95) << "class " << name;
    }
  }
}

TEST(SquareSlices, TakeTheOrientationOfTheNetwork) {
  const Volume source = ellipsoid_case({60, 50, 40}, {1, 1, 1}, {30, 25, 20});
  const Recipe coronal =
      fitted(test::with_lines(mkd, "orientation = LSP\nslice-size = keep\n"), {source});
  const Volume made = coronal.apply(source);
  // Extents 40 x 28 x 32: a square of x and z now, slices along y.
  EXPECT_EQ(made.data.image.grid.size[0], made.data.image.grid.size[1]);
  EXPECT_NEAR(static_cast<double>(made.data.image.grid.size[0]), 1.25 * 39, 2);
  const auto& d = made.data.image.grid.direction;
  EXPECT_NEAR(d[3 + 2], 1, 1e-9) << "slices go to the back";
}

TEST(SquareSlices, WithoutALabelGoByTheMiddleOfTheScanWhenAsked) {
  Volume source = ellipsoid_case({60, 50, 40}, {1, 1, 1}, {40, 25, 20});
  const Recipe by_label = fitted(mkd, {source});
  Volume unlabelled = source;
  unlabelled.data.label.reset();
  EXPECT_THAT(data_error([&] { by_label.apply(unlabelled); }),
              AllOf(HasSubstr("case-1"), HasSubstr("has no label"), HasSubstr("image-center")));
  std::fill(source.data.label->voxels.begin(), source.data.label->voxels.end(), 0);
  EXPECT_THAT(data_error([&] { by_label.apply(source); }), HasSubstr("no voxel is labelled"));

  const Recipe middle = fitted(
      test::with_lines(mkd, "crop-source = image-center\ncrop-size = 48 30\nslice-size = keep\n"),
      {unlabelled});
  const Volume made = middle.apply(unlabelled);
  EXPECT_THAT(made.data.image.grid.size, ElementsAre(48, 48, 30));
  EXPECT_THAT(made.data.image.grid.origin_mm, ElementsAre(6, 1, 5));
  const Recipe either =
      fitted(test::with_lines(
                 mkd, "crop-source = label-or-center\ncrop-size = 48 30\nslice-size = keep\n"),
             {unlabelled});
  EXPECT_EQ(either.apply(unlabelled).data.image.grid.size, made.data.image.grid.size);
  EXPECT_NE(
      either.apply(ellipsoid_case({60, 50, 40}, {1, 1, 1}, {40, 25, 20})).data.image.grid.origin_mm,
      made.data.image.grid.origin_mm);
}

TEST(SquareSlices, ConstantSlicesStayFiniteAndConstantCropsAreRefused) {
  Volume source = ellipsoid_case({60, 50, 40}, {1, 1, 1}, {30, 25, 20});
  for (size_t i = 0; i < 60 * 50; ++i) source.data.image.voxels[20 * 60 * 50 + i] = 100;
  const Volume made = fitted(mkd, {source}).apply(source);
  for (const float v : made.data.image.voxels) ASSERT_TRUE(v >= -1 && v <= 1);
  Volume flat = source;
  std::fill(flat.data.image.voxels.begin(), flat.data.image.voxels.end(), 5.0f);
  EXPECT_THAT(data_error([&] { fitted(mkd, {source}).apply(flat); }),
              AllOf(HasSubstr("case-1"), HasSubstr("ct is constant (5)")));
  EXPECT_THAT(data_error([&] { fitted(mkd, {flat}); }), HasSubstr("ct is constant (5)"));
}

TEST(SquareSlices, ARangeOfAnotherModalityDoesNotServe) {
  const Volume source = ellipsoid_case({60, 50, 40}, {1, 1, 1}, {30, 25, 20});
  const Recipe mr = fitted(mkd + "ranges = mr -1.8 4.4\n");
  EXPECT_THAT(data_error([&] { mr.apply(source); }),
              AllOf(HasSubstr("no range for channel 'ct'"), HasSubstr("mr -1.8 4.4")));
}

TEST(SquareSlices, KeysThatDoNotGoTogetherAreRefused) {
  EXPECT_THAT(refusal("crop-factor = 2\n"), HasSubstr("crop-factor needs crop = labels"));
  EXPECT_THAT(refusal("ranges = ct -1 1\n"), HasSubstr("ranges needs intensity = range"));
  EXPECT_THAT(refusal(mkd + "ranges = ct 1 -1\n"), HasSubstr("low and high"));
  EXPECT_THAT(refusal(mkd + "ranges = ct 1\n"), HasSubstr("two numbers"));
  EXPECT_THAT(refusal(mkd), HasSubstr("ranges = fit needs training cases"));
  EXPECT_THAT(refusal(test::with_lines(mkd, "size = fit\n")), HasSubstr("needs size = any"));
  EXPECT_THAT(refusal(mkd + "crop-source = image-center\n"), HasSubstr("needs crop-size"));
  EXPECT_THAT(refusal(mkd + "crop-size = 40 40\n"), HasSubstr("has no use for"));
  EXPECT_THAT(refusal(test::with_lines(mkd, "slice-size = 256\n")), HasSubstr("2 whole numbers"));
  EXPECT_THAT(refusal(test::with_lines(mkd, "spacing = 1 1\n")), HasSubstr("3 numbers"));
  try {
    Recipe::from_text(mkd);
    FAIL() << "an unfitted recipe was taken";
  } catch (const UsageError& e) {
    EXPECT_THAT(e.what(), HasSubstr("not fitted yet"));
  }
}

TEST(SquareSlices, TheSettingsOfMkdPrepareCtAndMr) {
  const std::string folder = KDSEG_CONFIG "/experiments/mkd/";
  const auto read = [&](const std::string& name) { return read_text(folder + name); };
  const Volume ct = ellipsoid_case({60, 50, 40}, {1, 1, 1}, {30, 25, 20});
  Volume mr = ct;
  mr.data.image.channels = {"mr"};
  for (const std::string name : {"recipe.ini", "recipe-related.ini", "recipe-center.ini"})
    for (const Volume& volume : {ct, mr}) {
      const Volume made = fitted(read(name), {volume}).apply(volume);
      EXPECT_EQ(made.data.image.grid.size[0], 256) << name;
      EXPECT_EQ(made.data.image.grid.size[1], 256) << name;
    }
  // One fit over both modalities learns a range for each.
  const std::string both = fitted(read("recipe.ini"), {ct, mr}).ini();
  EXPECT_THAT(both, HasSubstr("ranges = ct "));
  EXPECT_THAT(both, HasSubstr(" mr "));
}

TEST(SquareSlices, RecipesOfBeforeKeepTheirText) {
  const Recipe before = fitted(test::with_lines(test::had_net, "size = 160 192 160\n"));
  for (const char* key : {"spacing", "crop-source", "ranges", "clip-percentile", "slice-size"})
    EXPECT_EQ(before.ini().find(std::string("\n") + key + " ="), std::string::npos) << key;
}

}  // namespace
}  // namespace kdseg::prepare
