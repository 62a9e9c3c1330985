#include "infer/predict.h"

#include <ATen/ops/softmax.h>
#include <gmock/gmock.h>

#include <cmath>

#include "base/errors.h"
#include "prepare/recipe.h"
#include "unit/folder.h"
#include "unit/infer/networks.h"
#include "unit/infer/volumes.h"
#include "voxels/chain.h"

namespace {
using namespace kdseg;
using ::testing::HasSubstr;

models::Model model(std::vector<std::string> channels, double factor = 1) {
  models::Model m;
  m.network = std::make_shared<test::Pointwise>(2, 4, factor);
  m.contract.channels = std::move(channels);
  m.contract.head = test::softmax_head(2);
  m.contract.recipe_id = "source";
  m.contract.regions = {{"NCR", {1}}};
  return m;
}

/// A model that prepares by a recipe: LAS orientation, mask box, size 8 8 8, z-score.
models::Model prepared_model(std::vector<std::string> channels) {
  models::Model m = model(std::move(channels));
  const auto recipe = prepare::Recipe::fit(
      prepare::parse_recipe(
          "orientation = LAS\nmask-channels = flair t1 t2\ncrop = mask-box\nsize = 8 8 8\n"
          "size-multiple = 4\nintensity = z-score\ntruncate = off\n",
          "test"),
      0, {});
  m.contract.recipe_id = recipe.id();
  m.contract.recipe_ini = recipe.ini();
  return m;
}

TEST(Predict, LiesOnTheSourceGridWithItsChain) {
  const Volume volume = test::source_volume();
  infer::PredictOptions options;
  options.keep_probability = true;
  const auto p = infer::predict(test::members({model({"flair"})}), volume, options);
  EXPECT_EQ(p.case_id, "X");
  EXPECT_EQ(p.chain, volume.chain);
  EXPECT_EQ(p.label.grid, volume.data.image.grid);
  EXPECT_EQ(p.classes.codes, (std::vector<int>{0, 1}));
  EXPECT_EQ(p.regions.size(), 1u);
  // Logits v and 2 v: probability of class 1 is sigmoid(v).
  const size_t n = 6 * 5 * 4;
  ASSERT_EQ(p.probability->voxels.size(), 2 * n);
  for (size_t i = 0; i < n; ++i) {
    const float v = volume.data.image.voxels[i];
    EXPECT_NEAR(p.probability->voxels[n + i], 1 / (1 + std::exp(-v)), 1e-6);
    EXPECT_EQ(p.label.voxels[i], v > 0 ? 1 : 0);
  }
  EXPECT_FALSE(infer::predict(test::members({model({"flair"})}), volume, {}).probability);
}

// What a recipe cuts away is background for certain; the rest returns to where it came from.
TEST(Predict, RestoresWhatARecipeMoved) {
  const Volume volume = test::source_volume();
  infer::PredictOptions options;
  options.keep_probability = true;
  const auto p = infer::predict(test::members({prepared_model({"t2", "flair"})}), volume, options);
  EXPECT_EQ(p.label.grid, volume.data.image.grid);
  const auto prepared = prepare::Recipe::from_text(prepared_model({}).contract.recipe_ini)
                            .apply(volume, std::vector<std::string>{"t2", "flair"});
  const Image back = voxels::restore(prepared.chain, prepared.data.image, {0, 0}, 1);
  const size_t n = 6 * 5 * 4;
  for (size_t i = 0; i < n; ++i) {
    const bool inside = volume.data.image.voxels[i] > 0;
    const double sum = back.voxels[i] + back.voxels[n + i];
    const double expected = inside ? 1 / (1 + std::exp(-sum)) : 0.0;
    EXPECT_NEAR(p.probability->voxels[n + i], expected, 1e-5) << i;
    EXPECT_NEAR(p.probability->voxels[i] + p.probability->voxels[n + i], 1, 1e-5);
  }
}

// By hand: the mean of the probabilities seen from every side, each turned back.
TEST(Predict, MirroredPassesAreAveraged) {
  const Volume volume = test::source_volume();
  const auto& size = volume.data.image.grid.size;
  models::Model tilted = model({"flair"});
  tilted.network = std::make_shared<test::Tilted>();
  infer::PredictOptions options;
  options.keep_probability = true;
  options.mirror = {0, 1};
  const auto p = infer::predict(test::members({tilted}), volume, options);
  const auto n = static_cast<size_t>(volume.data.image.grid.voxel_count());
  const auto sigmoid = [](double v) { return 1 / (1 + std::exp(-v)); };
  for (size_t i = 0; i < n; ++i) {
    const double v = volume.data.image.voxels[i];
    const auto x = static_cast<double>(i % static_cast<size_t>(size[0]));
    const auto y =
        static_cast<double>(i / static_cast<size_t>(size[0]) % static_cast<size_t>(size[1]));
    const double mx = static_cast<double>(size[0]) - 1 - x,
                 my = static_cast<double>(size[1]) - 1 - y;
    const double expected = (sigmoid(v + x + 2 * y) + sigmoid(v + mx + 2 * y) +
                             sigmoid(v + x + 2 * my) + sigmoid(v + mx + 2 * my)) /
                            4;
    ASSERT_NEAR(p.probability->voxels[n + i], expected, 1e-6) << i;
  }
}

TEST(Predict, MembersAreAveragedOnTheSourceGrid) {
  const Volume volume = test::source_volume();
  infer::PredictOptions options;
  options.keep_probability = true;
  const auto a = prepared_model({"t1"});
  const auto b = model({"t2"}, -0.001);
  const auto pa = infer::predict(test::members({a}), volume, options).probability->voxels;
  const auto pb = infer::predict(test::members({b}), volume, options).probability->voxels;
  const auto both = infer::predict(test::members({a, b}), volume, options).probability->voxels;
  for (size_t i = 0; i < both.size(); ++i) EXPECT_NEAR(both[i], (pa[i] + pb[i]) / 2, 1e-6);
}

TEST(Predict, PreparedVolumesNeedTheSameRecipe) {
  const auto m = prepared_model({"t1"});
  const auto recipe = prepare::Recipe::from_text(m.contract.recipe_ini);
  const Volume prepared = recipe.apply(test::source_volume());
  const auto p = infer::predict(test::members({m}), prepared, {});
  EXPECT_EQ(p.label.grid, prepared.data.image.grid);
  EXPECT_EQ(p.chain, prepared.chain);

  Volume other = prepared;
  other.recipe_id = "feedfeedfeedfeed";
  EXPECT_THAT(
      kdseg::test::message_of<DataError>(
          [&] { infer::predict(test::members({m}, "teacher.h5"), other, {}); }),
      HasSubstr("case X: prepared by recipe feedfeedfeedfeed, teacher.h5 expects source volumes "
                "or recipe " +
                m.contract.recipe_id));
}

TEST(Predict, ChannelsThatDoNotFitAreNamed) {
  const auto members = test::members({model({"flair", "t1ce", "t1", "t2"})}, "teacher.h5");
  EXPECT_EQ(kdseg::test::message_of<DataError>(
                [&] { infer::predict(members, test::source_volume(), {}); }),
            "case X: 3 channels (flair,t1,t2), teacher.h5 expects 4 (flair,t1ce,t1,t2)");
}

TEST(Predict, ModelsMustGiveTheSameClasses) {
  auto other = model({"t1"});
  other.contract.head.codes = {0, 4};
  EXPECT_THROW(infer::predict(test::members({model({"t1"}), other}), test::source_volume(), {}),
               DataError);
}

TEST(Predict, ModelsMustGiveTheSameRegionsOfEqualClasses) {
  const auto message = [](const Head& one, const Head& other) {
    auto a = model({"t1"}), b = model({"t1"});
    a.contract.head = one;
    b.contract.head = other;
    return kdseg::test::message_of<DataError>([&] {
      infer::predict(test::members({a, b}), test::source_volume(), {});
    });
  };
  const Head wide{Head::Kind::sigmoid, {"WT", "TC"}, {{1, 2, 3}, {1, 3}}, {0, 1, 2, 4}};
  Head narrow = wide, turned = wide;
  narrow.classes_of[1] = {3};
  std::swap(turned.names[0], turned.names[1]);
  std::swap(turned.classes_of[0], turned.classes_of[1]);
  const std::string expected = "; expected the same classes";
  EXPECT_THAT(message(wide, narrow), HasSubstr("gives regions WT=1+2+4,TC=1+4, "));
  EXPECT_THAT(message(wide, narrow), HasSubstr("gives regions WT=1+2+4,TC=4" + expected));
  EXPECT_THAT(message(wide, turned), HasSubstr("gives regions TC=1+4,WT=1+2+4" + expected));
  EXPECT_THAT(message(wide, test::softmax_head(4)), HasSubstr(" (codes 0,1,2,4)" + expected));
}

models::Model maker(std::vector<std::string> channels, double factor, bool prepared = false) {
  models::Model m = prepared ? prepared_model(channels) : model(channels);
  m.network = std::make_shared<test::Pointwise>(1, 4, factor);
  m.contract.head = {Head::Kind::image, {"synthetic-t2"}, {{}}, {}};
  return m;
}

TEST(Synthesize, AddsTheMeanOfWhatNetworksMakeAndKeepsTheRest) {
  Volume volume = test::source_volume();
  volume.data.label = Labels{volume.data.image.grid, std::vector<uint8_t>(6 * 5 * 4, 1)};
  const Volume made =
      infer::synthesize(test::members({maker({"flair"}, 2), maker({"t1"}, -1)}), volume, {});
  EXPECT_EQ(made.data.image.channels,
            (std::vector<std::string>{"flair", "t1", "t2", "synthetic-t2"}));
  EXPECT_EQ(made.chain, volume.chain);
  EXPECT_EQ(made.recipe_id, volume.recipe_id);
  EXPECT_EQ(made.data.label->voxels, volume.data.label->voxels);
  const size_t n = 6 * 5 * 4;
  for (size_t i = 0; i < 3 * n; ++i)
    ASSERT_EQ(made.data.image.voxels[i], volume.data.image.voxels[i]);
  for (size_t i = 0; i < n; ++i)
    EXPECT_NEAR(made.data.image.channel(3)[i],
                (2 * volume.data.image.channel(0)[i] - volume.data.image.channel(1)[i]) / 2, 1e-4);
}

TEST(Synthesize, IsZeroWhereTheRecipeCutsAway) {
  const Volume volume = test::source_volume();
  const Volume made = infer::synthesize(test::members({maker({"flair"}, 1, true)}), volume, {});
  for (size_t i = 0; i < 6 * 5 * 4; ++i)
    if (volume.data.image.channel(0)[i] == 0) {
      EXPECT_EQ(made.data.image.channel(3)[i], 0) << i;
    }
}

TEST(Synthesize, RefusesASecondChannelOfThatName) {
  Volume volume = test::source_volume();
  volume.data.image.channels[2] = "synthetic-t2";
  EXPECT_EQ(kdseg::test::message_of<DataError>(
                [&] { infer::synthesize(test::members({maker({"t1"}, 1)}), volume, {}); }),
            "case X: has a channel synthetic-t2 already");
}

TEST(Predict, ANetworkThatMakesChannelsIsNamed) {
  const auto members = test::members({maker({"t1"}, 1)}, "generator.h5");
  EXPECT_EQ(kdseg::test::message_of<DataError>(
                [&] { infer::predict(members, test::source_volume(), {}); }),
            "generator.h5 makes channels (synthetic-t2), expected a network that segments");
}

TEST(Predict, ARecipeThatCannotBeReadIsTheFilesFault) {
  auto m = model({"t1"});
  m.contract.recipe_ini = "size = fit\n";
  EXPECT_THAT(kdseg::test::message_of<DataError>([&] { infer::Member(m, "teacher.h5"); }),
              HasSubstr("teacher.h5: its recipe cannot be used: recipe: size = fit"));
}

// A 2D network sees the prepared volume's slices across z; its answer returns to the source grid.
TEST(Predict, SlicesAreStackedOnTheSourceGrid) {
  auto m = prepared_model({"t2", "flair"});
  m.network = std::make_shared<test::Blur2D>(2, 4);
  m.contract.tiling.kind = Tiling::Kind::slices;
  const Volume volume = test::source_volume();
  infer::PredictOptions options;
  options.keep_probability = true;
  const auto p = infer::predict(test::members({m}), volume, options);

  const auto prepared = prepare::Recipe::from_text(m.contract.recipe_ini)
                            .apply(volume, std::vector<std::string>{"t2", "flair"});
  const at::Tensor image = infer::as_tensor(prepared.data.image);
  Image expected{prepared.data.image.grid, {"background", "NCR"}, {}};
  expected.voxels.resize(2 * 8 * 8 * 8);
  for (int64_t z = 0; z < 8; ++z) {  // [1, 2, 8, 8] fits the network as it is
    const at::Tensor q =
        at::softmax(m.network->forward({.image = image.select(2, z)}, {}).logits, 1).contiguous();
    for (int64_t k = 0; k < 2; ++k)
      std::copy_n(q.const_data_ptr<float>() + k * 64, 64,
                  expected.voxels.begin() + (k * 8 + z) * 64);
  }
  const Image back = voxels::restore(prepared.chain, expected, {1, 0}, 1);
  ASSERT_EQ(p.probability->voxels.size(), back.voxels.size());
  for (size_t i = 0; i < back.voxels.size(); ++i)
    EXPECT_NEAR(p.probability->voxels[i], back.voxels[i], 1e-6) << i;
}

TEST(Predict, NonFiniteProbabilitiesAreAFailedRun) {
  const auto broken = model({"t1"}, std::nan(""));
  EXPECT_THROW(infer::predict(test::members({broken}), test::source_volume(), {}), RunError);
}

}  // namespace
