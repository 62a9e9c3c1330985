// Variation of model distillation: patches near tumors, turns about them, displacements,
// intensities. Ranges and rates from Nalwade & Kisa's sources, results worked out by hand.
#include <ATen/TensorOperators.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/errors.h"
#include "cases.h"
#include "data/augment/augment.h"
#include "data/augment/patch.h"
#include "data/loader.h"

namespace kdseg::data {
namespace {

using testing::ElementsAre;
using testing::FloatNear;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// The shipped settings' values, as a section.
Augmentation published() {
  return augmentation_from({"augment",
                            "",
                            "a.ini:1",
                            {{"flip-axis", "x y z", ""},
                             {"affine-probability", "1", ""},
                             {"rotation-deg", "15", ""},
                             {"rotation-probability", "0.5", ""},
                             {"shear", "0", ""},
                             {"scale", "0.15", ""},
                             {"scale-probability", "0.5", ""},
                             {"about", "patch", ""},
                             {"patch-position", "near-label", ""},
                             {"contrast", "0.1", ""},
                             {"shift", "0.2", ""}}});
}

TEST(Variation, TurnsAndScalesIndependentlyInHalfOfTheSamples) {
  const Augmentation options = published();
  int turned = 0, scaled = 0, both = 0;
  double widest = 0, least = 2, greatest = 0;
  std::array<int, 3> flipped{};
  constexpr int n = 4000;
  for (int i = 0; i < n; ++i) {
    Random random(3, static_cast<uint64_t>(i), "augment");
    const AffineDraw draw = draw_affine(options, random);
    const bool turns = draw.angle_deg != std::array<double, 3>{0, 0, 0};
    const bool scales = draw.scale != std::array<double, 3>{1, 1, 1};
    turned += turns;
    scaled += scales;
    both += turns && scales;
    EXPECT_EQ(draw.shear, (std::array<double, 3>{0, 0, 0}));
    EXPECT_FALSE(draw.transpose);
    for (size_t a = 0; a < 3; ++a) {
      flipped[a] += draw.flip[a];
      widest = std::max(widest, std::abs(draw.angle_deg[a]));
      least = std::min(least, draw.scale[a]);
      greatest = std::max(greatest, draw.scale[a]);
    }
  }
  EXPECT_NEAR(turned / double(n), 0.5, 0.04);
  EXPECT_NEAR(scaled / double(n), 0.5, 0.04);
  EXPECT_NEAR(both / double(n), 0.25, 0.04);
  for (const int count : flipped) EXPECT_NEAR(count / double(n), 0.5, 0.04);
  EXPECT_NEAR(widest, 15, 0.05);
  EXPECT_LE(widest, 15);
  EXPECT_NEAR(least, 0.85, 0.001);
  EXPECT_NEAR(greatest, 1.15, 0.001);
}

TEST(Variation, WithoutAnyOfItAPatchIsTheCrop) {
  Augmentation off = published();
  off.flip_axes.clear();
  off.affine_probability = 0;
  off.near_label = false;
  off.intensity = {};
  CaseStore store(
      {"case0"},
      [](int64_t) {
        return numbered_volume(0, {9, 8, 7});
      },
      cache_budget("ram", 0));
  LoaderOptions options;
  options.patch = {4, 3, 5};
  options.end_step = 6;
  options.workers = 0;
  LoaderOptions varied = options;
  varied.augment = off;
  Loader plain(store, Sampler(1, 1, 1), options), through(store, Sampler(1, 1, 1), varied);
  for (int step = 0; step < 6; ++step) {
    const at::Tensor crop = plain.next().image.clone();
    EXPECT_TRUE(crop.equal(through.next().image)) << step;
  }
}

/// A volume [z][y][x] whose values are their own flat index, pulled about its part.
std::vector<float> pulled(const Pull& pull, const std::array<int64_t, 3>& size) {
  std::vector<float> in(static_cast<size_t>(size[0] * size[1] * size[2]));
  for (size_t v = 0; v < in.size(); ++v) in[v] = static_cast<float>(v);
  std::vector<float> out(
      static_cast<size_t>(pull.part.size[0] * pull.part.size[1] * pull.part.size[2]));
  pull_linear(in.data(), 1, size, pull, out.data());
  return out;
}

TEST(Variation, MirrorsOfAPatchStayInItAndUndoThemselves) {
  const std::array<int64_t, 3> size{7, 6, 5};
  for (int axes = 0; axes < 8; ++axes) {
    AffineDraw draw;
    for (size_t a = 0; a < 3; ++a) draw.flip[a] = (axes >> a) & 1;
    Pull pull;
    pull.part = {{2, 1, 1}, {4, 4, 3}};
    pull.about_part = true;
    const auto crop = pulled(pull, size);
    pull.matrix = pull_matrix(draw);
    const auto mirrored = pulled(pull, size);
    for (int64_t z = 0; z < 3; ++z)
      for (int64_t y = 0; y < 4; ++y)
        for (int64_t x = 0; x < 4; ++x) {
          const int64_t mz = draw.flip[0] ? 2 - z : z, my = draw.flip[1] ? 3 - y : y,
                        mx = draw.flip[2] ? 3 - x : x;
          EXPECT_EQ(mirrored[static_cast<size_t>((z * 4 + y) * 4 + x)],
                    crop[static_cast<size_t>((mz * 4 + my) * 4 + mx)]);
        }
  }
}

TEST(Variation, TransposedPatchesHaveXAndYExchanged) {
  AffineDraw draw;
  draw.transpose = true;
  Pull pull;
  pull.part = {{2, 1, 1}, {4, 4, 3}};
  pull.about_part = true;
  const std::array<int64_t, 3> size{7, 6, 5};
  const auto crop = pulled(pull, size);
  pull.matrix = pull_matrix(draw);
  const auto exchanged = pulled(pull, size);
  for (size_t z = 0; z < 3; ++z)
    for (size_t y = 0; y < 4; ++y)
      for (size_t x = 0; x < 4; ++x)
        EXPECT_EQ(exchanged[(z * 4 + y) * 4 + x], crop[(z * 4 + x) * 4 + y]);
}

TEST(Variation, AQuarterTurnTurnsAboutTheMiddleOfThePatch) {
  AffineDraw draw;
  draw.affine = true;
  draw.angle_deg = {90, 0, 0};  // about z
  Pull pull;
  pull.part = {{1, 2, 0}, {3, 3, 1}};
  pull.about_part = true;
  const auto crop = pulled(pull, {6, 6, 1});
  pull.matrix = pull_matrix(draw);
  const auto turned = pulled(pull, {6, 6, 1});
  // Output (y, x) about the middle reads (-x, y).
  for (int64_t y = -1; y <= 1; ++y)
    for (int64_t x = -1; x <= 1; ++x)
      EXPECT_NEAR(turned[static_cast<size_t>((y + 1) * 3 + x + 1)],
                  crop[static_cast<size_t>((1 - x) * 3 + y + 1)], 1e-4);
}

/// A volume of 40 x 30 x 20 voxels with two labelled ones.
Case with_tumor(bool labelled) {
  Case volume;
  volume.image.grid.size = {40, 30, 20};
  const auto count = static_cast<size_t>(volume.image.grid.voxel_count());
  volume.label = Labels{volume.image.grid, std::vector<uint8_t>(count, 0)};
  volume.brain = Labels{volume.image.grid, std::vector<uint8_t>(count, 0)};
  const auto place = [&](int64_t x, int64_t y, int64_t z) {
    return static_cast<size_t>((z * 30 + y) * 40 + x);
  };
  if (labelled) volume.label->voxels[place(20, 2, 10)] = volume.label->voxels[place(22, 2, 11)] = 3;
  volume.brain->voxels[place(10, 10, 10)] = volume.brain->voxels[place(12, 10, 12)] = 1;
  return volume;
}

/// The first voxels of many patches along an axis.
std::set<int64_t> begins(const Case& volume, const std::vector<int64_t>& patch, int64_t margin,
                         size_t axis) {
  std::set<int64_t> seen;
  for (uint64_t i = 0; i < 3000; ++i) {
    Random random(1, i, "patch");
    Box box = whole(volume.image.grid.size);
    place_near_label(patch, volume, margin, box, random);
    EXPECT_EQ(box.size[axis], patch[axis]);
    seen.insert(box.begin[axis]);
  }
  return seen;
}

TEST(Variation, PatchesLieNearTheTumorAndInsideTheVolume) {
  const Case volume = with_tumor(true);
  // Middles along x: 20 - 3 to 22 + 3; a patch of 8 begins 4 before.
  EXPECT_THAT(begins(volume, {8, 8, 8}, 3, 0), ElementsAre(13, 14, 15, 16, 17, 18, 19, 20, 21));
  // Along y: 0 to 5, moved into the volume.
  EXPECT_THAT(begins(volume, {8, 8, 8}, 3, 1), ElementsAre(0, 1));
  EXPECT_THAT(begins(volume, {8, 8, 8}, 3, 2), ElementsAre(3, 4, 5, 6, 7, 8, 9, 10));
  // A margin beyond the volume reaches all of it; a patch larger than it is centered.
  EXPECT_EQ(begins(volume, {8, 8, 8}, 50, 0).size(), 33u);
  EXPECT_THAT(begins(volume, {8, 8, 26}, 3, 2), ElementsAre(-3));
}

TEST(Variation, WithoutATumorPatchesLieInTheBrain) {
  Case volume = with_tumor(false);
  EXPECT_THAT(begins(volume, {8, 8, 8}, 3, 0), ElementsAre(6, 7, 8));
  volume.label.reset();  // a case of the pool, whose label nobody reads
  EXPECT_THAT(begins(volume, {8, 8, 8}, 3, 1), ElementsAre(6));
  volume.brain.reset();
  EXPECT_EQ(begins(volume, {8, 8, 8}, 3, 1).size(), 23u);
}

Draws draws_of(uint64_t sample) {
  return [sample](const std::string& operation) { return Random(9, sample, operation); };
}

TEST(Variation, ContrastAndShiftLeaveTheBackgroundAlone) {
  const std::vector<float> image{0, 1, 2, -4, 0, 1, 2, -4};  // two channels
  const IntensityVariation options{.contrast = 0.1, .shift = 0.2};
  double least = 9, most = 0, lowest = 9, highest = -9, sum = 0;
  constexpr int n = 4000;
  for (uint64_t i = 0; i < n; ++i) {
    auto varied = image;
    vary_intensities(options, draws_of(i), false, 2, 4, varied.data());
    std::array<double, 2> factors{};
    for (size_t c = 0; c < 2; ++c) {
      const float* x = varied.data() + 4 * c;
      EXPECT_EQ(x[0], 0);
      const double factor = x[2] - x[1], summand = x[1] - factor;
      EXPECT_NEAR(x[3], -4 * factor + summand, 1e-5);
      factors[c] = factor;
      sum += factor;
      least = std::min(least, factor);
      most = std::max(most, factor);
      lowest = std::min(lowest, summand);
      highest = std::max(highest, summand);
    }
    EXPECT_NE(factors[0], factors[1]) << "each channel draws for itself";
  }
  EXPECT_NEAR(least, 0.9, 1e-3);
  EXPECT_NEAR(most, 1.1, 1e-3);
  EXPECT_NEAR(lowest, -0.2, 1e-3);
  EXPECT_NEAR(highest, 0.2, 1e-3);
  EXPECT_NEAR(sum / (2 * n), 1, 0.003);
  auto everywhere = image;
  vary_intensities(options, draws_of(1), true, 2, 4, everywhere.data());
  EXPECT_NE(everywhere[0], 0) << "where 0 is no background";
}

TEST(Variation, GammaBendsTheRangeOfAChannel) {
  std::vector<float> image{1, 3, 5, 0, 7, 7, 0, 7};
  const IntensityVariation squares{.least_gamma = 2, .greatest_gamma = 2};
  vary_intensities(squares, draws_of(0), false, 2, 4, image.data());
  // ((x - 1) / 4)^2 * 4 + 1; a channel of one value stays.
  EXPECT_THAT(image, ElementsAre(1, FloatNear(2, 1e-6f), FloatNear(5, 1e-6f), 0, 7, 7, 0, 7));
}

TEST(Variation, DroppedChannelsAreNoise) {
  const IntensityVariation options{.channel_dropout = 0.1};
  int dropped = 0;
  double sum = 0, squares = 0;
  constexpr int n = 3000, voxels = 50;
  for (uint64_t i = 0; i < n; ++i) {
    std::vector<float> image(2 * voxels, 5.0f);
    vary_intensities(options, draws_of(i), false, 2, voxels, image.data());
    for (size_t c = 0; c < 2; ++c) {
      if (image[c * voxels] == 5.0f) continue;
      ++dropped;
      for (size_t v = 0; v < voxels; ++v) {
        sum += image[c * voxels + v];
        squares += image[c * voxels + v] * image[c * voxels + v];
      }
    }
  }
  EXPECT_NEAR(dropped / (2.0 * n), 0.1, 0.02);
  EXPECT_NEAR(sum / (dropped * voxels), 0, 0.03);
  EXPECT_NEAR(squares / (dropped * voxels), 1, 0.05);
}

TEST(Variation, DisplacementsHaveTheSpreadOfSmoothedNoise) {
  // Noise in -1 to 1 has variance 1/3; a Gaussian of sigma leaves 1 / (2 sqrt(pi) sigma)^3 of it.
  const ElasticVariation options{.probability = 1,
                                 .least_alpha = 100,
                                 .greatest_alpha = 100,
                                 .least_sigma = 1.5,
                                 .greatest_sigma = 1.5};
  const std::array<int64_t, 3> size{64, 64, 64};
  const auto field = draw_displacement(options, Random(1, 2, "elastic"), size);
  ASSERT_EQ(field.size(), 3u * 64 * 64 * 64);
  const double expected = 100 * std::sqrt(1.0 / 3 / std::pow(2 * std::sqrt(M_PI) * 1.5, 3));
  for (size_t axis = 0; axis < 3; ++axis) {
    double squares = 0;
    int64_t count = 0;
    for (int64_t z = 12; z < 52; ++z)  // farther than the filter's reach from the border
      for (int64_t y = 12; y < 52; ++y)
        for (int64_t x = 12; x < 52; ++x, ++count) {
          const double d = field[axis * 64 * 64 * 64 + static_cast<size_t>((z * 64 + y) * 64 + x)];
          squares += d * d;
        }
    EXPECT_NEAR(std::sqrt(squares / static_cast<double>(count)) / expected, 1, 0.12) << axis;
  }
  EXPECT_TRUE(draw_displacement({}, Random(1, 2, "elastic"), size).empty());
  const auto slice = draw_displacement(options, Random(1, 2, "elastic"), {16, 16, 1});
  for (size_t v = 0; v < 256; ++v) EXPECT_EQ(slice[v], 0) << "within the slice";
  EXPECT_NE(slice[256 + 100], 0);
}

TEST(Variation, DisplacedVoxelsAreReadWhereTheyCameFrom) {
  const std::array<int64_t, 3> size{4, 1, 3};
  Pull pull;
  pull.part = whole(size);
  pull.displacement.assign(3 * 12, 0.0f);
  for (size_t v = 0; v < 12; ++v) pull.displacement[2 * 12 + v] = 0.25f;  // along x
  pull.displacement[5] = 1;                                               // voxel 5 along z
  // Values are flat indices, 4 a row: 0.25 further along x adds 0.25, one row of z adds 4.
  const auto out = pulled(pull, size);
  EXPECT_THAT(std::vector<float>(out.begin(), out.begin() + 3), ElementsAre(0.25f, 1.25f, 2.25f));
  EXPECT_FLOAT_EQ(out[3], 3 * 0.75f) << "a quarter from outside";
  EXPECT_FLOAT_EQ(out[5], 5.25f + 4);
  std::vector<uint8_t> labels(12), moved(12);
  for (size_t v = 0; v < 12; ++v) labels[v] = static_cast<uint8_t>(v + 1);
  pull_nearest(labels.data(), size, pull, moved.data());
  EXPECT_THAT(moved, ElementsAre(1, 2, 3, 4, 5, 10, 7, 8, 9, 10, 11, 12));
}

LoaderOptions everything() {
  LoaderOptions options;
  options.seed = 11;
  options.augment = published();
  options.augment->transpose_probability = 0.5;
  options.augment->soft_labels = true;
  options.augment->patch_margin = 1;
  options.augment->intensity.least_gamma = 0.8;
  options.augment->intensity.greatest_gamma = 1.5;
  options.augment->intensity.channel_dropout = 0.1;
  options.augment->elastic = {
      .probability = 0.5, .greatest_alpha = 50, .least_sigma = 2, .greatest_sigma = 3};
  options.patch = {8, 8, 6};
  options.classes_of = {{0}, {1}, {2}};
  options.end_step = 8;
  return options;
}

std::vector<std::pair<at::Tensor, at::Tensor>> run(const LoaderOptions& options) {
  CaseStore store(
      {"a", "b", "c"},
      [](int64_t i) {
        return numbered_volume(static_cast<int>(i), {12, 11, 10});
      },
      cache_budget("ram", 0));
  Loader loader(store, Sampler(options.seed, 3, 2), options);
  std::vector<std::pair<at::Tensor, at::Tensor>> all;
  for (int64_t step = options.first_step; step < options.end_step; ++step) {
    const HostBatch& batch = loader.next();
    all.emplace_back(batch.image.clone(), batch.share.clone());
  }
  return all;
}

TEST(Variation, TheCountOfThreadsAndTheFirstStepChangeNothing) {
  LoaderOptions options = everything();
  options.workers = 0;
  const auto expected = run(options);
  options.workers = 4;
  const auto threaded = run(options);
  options.first_step = 5;
  const auto rest = run(options);
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_TRUE(threaded[i].first.equal(expected[i].first)) << i;
    EXPECT_TRUE(threaded[i].second.equal(expected[i].second)) << i;
    if (i >= 5) {
      EXPECT_TRUE(rest[i - 5].first.equal(expected[i].first)) << i;
    }
  }
}

TEST(Variation, LabelsBetweenVoxelsBecomeShares) {
  int fractions = 0;
  for (const auto& [image, share] : run(everything())) {
    ASSERT_EQ(share.size(1), 3);
    EXPECT_LE((share.sum(1) - 1).abs().max().item<float>(), 1e-5);
    fractions += (share > 0.1).logical_and(share < 0.9).any().item<bool>();
  }
  EXPECT_GT(fractions, 2);
  // Where nothing moves they are certain.
  LoaderOptions still = everything();
  still.augment->affine_probability = 0;
  still.augment->elastic.probability = 0;
  for (const auto& [image, share] : run(still))
    EXPECT_TRUE(share.eq(0).logical_or(share.eq(1)).all().item<bool>());
}

TEST(Variation, SectionsAreChecked) {
  const auto with = [](const char* key, const char* value) {
    return augmentation_from({"augment", "", "a.ini:3", {{key, value, "a.ini:4"}}});
  };
  EXPECT_THAT([&] { with("gamma", "1.5 0.8"); },
              ThrowsMessage<UsageError>(HasSubstr("gamma is '1.5 0.8'")));
  EXPECT_THAT([&] { with("elastic-sigma", "3"); },
              ThrowsMessage<UsageError>(HasSubstr("the least and the greatest")));
  EXPECT_THROW(with("rotation-probability", "1.1"), UsageError);
  EXPECT_THROW(with("about", "head"), UsageError);
  const Augmentation none = augmentation_from({"augment", "", "", {}});
  EXPECT_FALSE(none.intensity.any());
  EXPECT_EQ(none.elastic.probability, 0);
}

}  // namespace
}  // namespace kdseg::data
