#include "voxels/chain.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base/errors.h"
#include "base/random.h"
#include "voxels/sample.h"
#include "voxels/window.h"

namespace kdseg::voxels {
namespace {

using ::testing::ElementsAre;

Grid grid_of(std::array<int64_t, 3> size) {
  Grid grid;
  grid.size = size;
  return grid;
}

Labels random_labels(const Grid& grid, Random& random) {
  Labels labels{grid, std::vector<uint8_t>(static_cast<size_t>(grid.voxel_count()))};
  for (uint8_t& voxel : labels.voxels) voxel = static_cast<uint8_t>(random.below(5));
  return labels;
}

Image random_image(const Grid& grid, Random& random) {
  Image image{grid, {"a", "b"}, std::vector<float>(2 * static_cast<size_t>(grid.voxel_count()))};
  for (float& voxel : image.voxels) voxel = static_cast<float>(random.normal());
  return image;
}

Grid random_grid(Random& random) {
  const double a = random.uniform(-0.4, 0.4);
  Grid grid;
  for (int i = 0; i < 3; ++i) {
    grid.size[i] = 2 + static_cast<int64_t>(random.below(7));
    grid.spacing_mm[i] = random.uniform(0.4, 3);
    grid.origin_mm[i] = random.uniform(-100, 100);
  }
  grid.direction = {std::cos(a), 0, std::sin(a), 0, 1, 0, -std::sin(a), 0, std::cos(a)};
  return grid;
}

Reorient random_turn(Random& random) {
  std::vector<int> axes{0, 1, 2};
  random.shuffle(axes);
  Reorient turn;
  for (int i = 0; i < 3; ++i) {
    turn.axis[i] = axes[i];
    turn.flip[i] = random.below(2) == 1;
  }
  return turn;
}

TEST(Chain, ReorientMovesVoxelsAndKeepsTheirWorldPosition) {
  Random random(1, 0, "reorient");
  for (int round = 0; round < 50; ++round) {
    const Labels in = random_labels(random_grid(random), random);
    const Reorient turn = random_turn(random);
    const Labels out = voxels::apply(in, turn);
    const Affine to_world = voxel_to_world(out.grid), to_input = world_to_voxel(in.grid);
    int64_t i = 0;
    for (int64_t z = 0; z < out.grid.size[2]; ++z)
      for (int64_t y = 0; y < out.grid.size[1]; ++y)
        for (int64_t x = 0; x < out.grid.size[0]; ++x, ++i) {
          const auto at = to_input(to_world({double(x), double(y), double(z)}));
          const auto& n = in.grid.size;
          const int64_t from =
              (std::lround(at[2]) * n[1] + std::lround(at[1])) * n[0] + std::lround(at[0]);
          for (const double v : at) ASSERT_NEAR(v, std::round(v), 1e-9);
          ASSERT_EQ(out.voxels[i], in.voxels[from]);
        }
  }
}

TEST(Chain, OrientationLettersNameTheDirectionOfIncrease) {
  const Grid lps = grid_of({4, 5, 6});
  EXPECT_EQ(reorient_to(lps, "LPS"), Reorient{});
  EXPECT_EQ(reorient_to(lps, "LAS"), (Reorient{{0, 1, 2}, {false, true, false}}));
  EXPECT_EQ(reorient_to(lps, "SAR"), (Reorient{{2, 1, 0}, {false, true, true}}));
  Random random(2, 0, "orientation");
  for (int round = 0; round < 100; ++round) {
    const Grid turned = grid_after(lps, random_turn(random));
    const Grid back = grid_after(turned, reorient_to(turned, "LPS"));
    EXPECT_TRUE(same_grid(back, lps, 1e-9));
  }
  for (const std::string wrong : {"LPX", "LLS", "LRS", "LP", "", "lps", "LPSA"})
    EXPECT_THROW(reorient_to(lps, wrong), UsageError) << wrong;
}

TEST(Chain, ObliqueAxesGoToTheNearestLetter) {
  Grid grid = grid_of({4, 5, 6});
  const double a = 0.6;  // 34 degrees about z
  grid.direction = {std::cos(a), -std::sin(a), 0, std::sin(a), std::cos(a), 0, 0, 0, 1};
  EXPECT_EQ(reorient_to(grid, "LPS"), Reorient{});
  const double b = 1.2;  // 69 degrees: x is now nearest to P
  grid.direction = {std::cos(b), -std::sin(b), 0, std::sin(b), std::cos(b), 0, 0, 0, 1};
  EXPECT_EQ(reorient_to(grid, "LPS"), (Reorient{{1, 0, 2}, {true, false, false}}));
}

TEST(Chain, BoxesBeyondTheGridPad) {
  Labels in{grid_of({3, 1, 1}), {1, 2, 3}};
  in.grid.spacing_mm = {2, 1, 1};
  const Labels out = voxels::apply(in, Box{{-1, 0, 0}, {3, 1, 1}});
  EXPECT_THAT(out.voxels, ElementsAre(0, 1, 2));
  EXPECT_THAT(out.grid.origin_mm, ElementsAre(-2, 0, 0));
  const Image image{in.grid, {"a"}, {1, 2, 3}};
  EXPECT_THAT(voxels::apply(image, Box{{2, 0, 0}, {3, 1, 1}}, -7).voxels, ElementsAre(3, -7, -7));
  EXPECT_THAT(voxels::apply(image, Box{{9, 0, 0}, {2, 1, 1}}, -7).voxels, ElementsAre(-7, -7));
}

TEST(Chain, PadAndCropOfTheHadNetSizesComeBack) {
  // 137 -> 160: 11 before, 12 after; 163 -> 160: voxels 2 .. 161 stay (HAD-Net, official code).
  Random random(3, 0, "pad");
  const Labels small = random_labels(grid_of({137, 3, 2}), random);
  const Chain pad{small.grid, {Box{{-11, 0, 0}, {160, 3, 2}}}};
  const Labels padded = voxels::apply(small, pad.steps[0]);
  EXPECT_EQ(padded.voxels[11], small.voxels[0]);
  EXPECT_EQ(padded.voxels[147], small.voxels[136]);
  EXPECT_EQ(padded.voxels[10] + padded.voxels[148] + padded.voxels[159], 0);
  EXPECT_EQ(restore(pad, padded).voxels, small.voxels);

  const Labels large = random_labels(grid_of({163, 3, 2}), random);
  const Chain crop{large.grid, {Box{{2, 0, 0}, {160, 3, 2}}}};
  const Labels cropped = voxels::apply(large, crop.steps[0]);
  EXPECT_EQ(cropped.voxels[0], large.voxels[2]);
  EXPECT_EQ(cropped.voxels[159], large.voxels[161]);
  Labels expected = large;
  for (int64_t row = 0; row < 6; ++row)
    for (const int64_t x : {0, 1, 162}) expected.voxels[row * 163 + x] = 0;
  EXPECT_EQ(restore(crop, cropped).voxels, expected.voxels);
}

TEST(Chain, RestoringReorientsBoxesAndPadsIsExact) {
  Random random(4, 0, "chains");
  for (int round = 0; round < 200; ++round) {
    Chain chain{random_grid(random), {}};
    Image image = random_image(chain.source, random);
    Labels labels = random_labels(chain.source, random);
    // What was not cut away anywhere on the way.
    Labels seen = labels;
    std::fill(seen.voxels.begin(), seen.voxels.end(), uint8_t{1});
    const Image start = image;
    const Labels start_labels = labels;
    const uint64_t count = 1 + random.below(5);
    for (uint64_t s = 0; s < count; ++s) {
      Step step = random_turn(random);
      if (random.below(2)) {
        Box box;
        for (int i = 0; i < 3; ++i) {
          box.begin[i] = static_cast<int64_t>(random.below(5)) - 2;
          box.size[i] = 1 + static_cast<int64_t>(random.below(8));
        }
        step = box;
      }
      chain.steps.push_back(step);
      image = voxels::apply(image, step, 9.0f);
      labels = voxels::apply(labels, step);
      seen = voxels::apply(seen, step);
    }
    EXPECT_TRUE(same_grid(image.grid, grid_after(chain), 1e-9));
    const Image back = restore(chain, image, {5.0f, -5.0f});
    const Labels back_labels = restore(chain, labels), kept = restore(chain, seen);
    EXPECT_EQ(back.grid, chain.source);
    const size_t n = start_labels.voxels.size();
    for (size_t i = 0; i < n; ++i) {
      ASSERT_EQ(back_labels.voxels[i], kept.voxels[i] ? start_labels.voxels[i] : 0);
      ASSERT_EQ(back.voxels[i], kept.voxels[i] ? start.voxels[i] : 5.0f);
      ASSERT_EQ(back.voxels[n + i], kept.voxels[i] ? start.voxels[n + i] : -5.0f);
    }
  }
}

TEST(Chain, StepsTakenAtOnceMoveVoxelsAsOneByOne) {
  Random random(7, 0, "windows");
  for (int round = 0; round < 300; ++round) {
    const Image start = random_image(random_grid(random), random);
    Image moved = start;
    Window window(start.grid.size);
    for (uint64_t s = 1 + random.below(5); s > 0; --s) {
      Step step = random_turn(random);
      if (random.below(2)) {
        Box box;
        for (int i = 0; i < 3; ++i) {
          box.begin[i] = static_cast<int64_t>(random.below(7)) - 3;
          box.size[i] = static_cast<int64_t>(random.below(9));
        }
        step = box;
      }
      moved = voxels::apply(moved, step, 9.0f);
      ASSERT_TRUE(window.add(step));
    }
    std::vector<float> at_once;
    for (size_t c = 0; c < 2; ++c) window.append(start.channel(c), 9.0f, at_once);
    ASSERT_EQ(at_once, moved.voxels);
    EXPECT_EQ(window.size(), moved.grid.size);
  }
  Window window({2, 2, 2});
  EXPECT_FALSE(window.add(Resample{grid_of({3, 3, 3})}));
}

TEST(Chain, ATurnedBoxHoldsTheSameVoxels) {
  Random random(8, 0, "boxes");
  for (int round = 0; round < 100; ++round) {
    Labels mask = random_labels(random_grid(random), random);
    for (uint8_t& voxel : mask.voxels) voxel = voxel == 4;
    const Box box = bounding_box(mask);
    if (box.size[0] == 0) continue;
    const Reorient turn = random_turn(random);
    EXPECT_EQ(turned(box, mask.grid.size, turn), bounding_box(voxels::apply(mask, turn)));
  }
}

TEST(Chain, RestoreStopsAtTheStepAskedFor) {
  Random random(5, 0, "first");
  const Labels in = random_labels(grid_of({5, 4, 3}), random);
  const Step turn = random_turn(random), box = Box{{-1, -1, -1}, {8, 8, 8}};
  const Chain chain{in.grid, {turn, box}};
  const Labels middle = voxels::apply(in, turn);
  EXPECT_EQ(restore(chain, voxels::apply(middle, box), 1).voxels, middle.voxels);
}

TEST(Chain, AVolumeFromElsewhereIsRefused) {
  Random random(6, 0, "elsewhere");
  const Labels in = random_labels(grid_of({5, 4, 3}), random);
  const Chain chain{in.grid, {Box{{1, 1, 1}, {2, 2, 2}}}};
  EXPECT_THROW(restore(chain, in), DataError);
  Labels moved = voxels::apply(in, chain.steps[0]);
  moved.grid.origin_mm[1] += 1;
  EXPECT_THROW(restore(chain, moved), DataError);
  EXPECT_THROW(voxels::apply(in, Reorient{{0, 0, 2}, {}}), DataError);
  EXPECT_THROW(voxels::apply(in, Box{{0, 0, 0}, {-1, 2, 2}}), DataError);
}

TEST(Chain, ResamplingALinearFieldIsLinear) {
  Image in{grid_of({8, 8, 8}), {"a"}, {}};
  in.grid.spacing_mm = {2, 2, 2};
  for (int z = 0; z < 8; ++z)
    for (int y = 0; y < 8; ++y)
      for (int x = 0; x < 8; ++x) in.voxels.push_back(static_cast<float>(2 * x + 6 * y - 4 * z));
  Grid target = grid_of({9, 9, 9});
  target.origin_mm = {1.3, 2.1, 0.7};
  const Image out = voxels::apply(in, Resample{target});
  size_t i = 0;
  for (int z = 0; z < 9; ++z)
    for (int y = 0; y < 9; ++y)
      for (int x = 0; x < 9; ++x)
        EXPECT_NEAR(out.voxels[i++], (x + 1.3) + 3 * (y + 2.1) - 2 * (z + 0.7), 1e-4);
}

TEST(Chain, ResamplingRepeatsEdgesHalfAVoxelOut) {
  const Image in{grid_of({2, 1, 1}), {"a"}, {10, 20}};
  Grid target = grid_of({7, 1, 1});
  target.spacing_mm = {0.5, 1, 1};
  target.origin_mm = {-1, 0, 0};
  // Positions -1, -0.5, 0, 0.5, 1, 1.5, 2.
  EXPECT_THAT(voxels::apply(in, Resample{target}, -3).voxels,
              ElementsAre(-3, 10, 10, 15, 20, 20, -3));
  const Labels labels{in.grid, {1, 2}};
  EXPECT_THAT(voxels::apply(labels, Resample{target}).voxels, ElementsAre(0, 1, 1, 2, 2, 0, 0));
}

TEST(Chain, ResamplingThereAndBackKeepsASmoothFieldNearly) {
  Image in{grid_of({16, 16, 16}), {"a"}, {}};
  for (int i = 0; i < 16 * 16 * 16; ++i)
    in.voxels.push_back(static_cast<float>(std::sin(0.2 * (i % 16)) + std::cos(0.2 * (i / 256))));
  Grid fine = in.grid;
  fine.size = {31, 31, 31};
  fine.spacing_mm = {0.5, 0.5, 0.5};
  const Chain chain{in.grid, {Resample{fine}}};
  const Image back = restore(chain, voxels::apply(in, chain.steps[0]), {0.0f});
  for (size_t i = 0; i < in.voxels.size(); ++i) ASSERT_NEAR(back.voxels[i], in.voxels[i], 1e-6);
}

TEST(Chain, TheBoundingBoxIsTight) {
  Labels mask{grid_of({5, 6, 7}), std::vector<uint8_t>(210)};
  EXPECT_EQ(bounding_box(mask), Box{});
  const auto set = [&mask](int x, int y, int z) { mask.voxels[(z * 6 + y) * 5 + x] = 3; };
  set(1, 2, 6);
  EXPECT_EQ(bounding_box(mask), (Box{{1, 2, 6}, {1, 1, 1}}));
  set(4, 0, 3);
  EXPECT_EQ(bounding_box(mask), (Box{{1, 0, 3}, {4, 3, 4}}));
}

TEST(Sample, TrilinearAgreesWithTheEightCorners) {
  const std::array<int64_t, 3> size{2, 2, 2};
  const std::vector<float> field{0, 1, 2, 3, 4, 5, 6, 7};
  EXPECT_FLOAT_EQ(sample_linear(size, field.data(), {0.25, 0.5, 0.75}), 0.25f + 1.0f + 3.0f);
  EXPECT_FLOAT_EQ(sample_linear(size, field.data(), {-3, 0, 9}), 4.0f);
  EXPECT_FLOAT_EQ(sample_linear(size, field.data(), {-0.6, 0, 0}, Outside::fill, 8.0f), 8.0f);
  EXPECT_FLOAT_EQ(sample_linear(size, field.data(), {-0.4, 0, 0}, Outside::fill, 8.0f), 0.0f);
  EXPECT_EQ(sample_nearest(size, field.data(), {0.5, 0.49, 1.2}), 5.0f);
  EXPECT_EQ(sample_nearest(size, field.data(), {1.5, 0, 0}, -1.0f), -1.0f);
}

}  // namespace
}  // namespace kdseg::voxels
