#include <gmock/gmock.h>

#include <cmath>

#include "base/errors.h"
#include "io/prediction_file.h"
#include "io/volume_file.h"
#include "unit/folder.h"
#include "unit/io/examples.h"

namespace {
using namespace kdseg;
using test::Folder;
using test::small_prediction;
using test::small_volume;
using ::testing::HasSubstr;

void expect_equal(const Volume& a, const Volume& b) {
  EXPECT_EQ(a.data.id, b.data.id);
  EXPECT_EQ(a.data.stratum, b.data.stratum);
  EXPECT_EQ(a.data.image.grid, b.data.image.grid);
  EXPECT_EQ(a.data.image.channels, b.data.image.channels);
  EXPECT_EQ(a.data.classes, b.data.classes);
  EXPECT_EQ(a.data.regions, b.data.regions);
  EXPECT_EQ(a.chain, b.chain);
  EXPECT_EQ(a.recipe_id, b.recipe_id);
  EXPECT_EQ(a.recipe_ini, b.recipe_ini);
}

TEST(VolumeFile, RoundTrip) {
  const Folder folder;
  const auto volume = small_volume();
  io::write_volume(folder / "a.h5", volume, {});
  const auto read = io::read_volume(folder / "a.h5");
  expect_equal(read, volume);
  EXPECT_EQ(read.data.image.voxels, volume.data.image.voxels);
  EXPECT_EQ(read.data.label->voxels, volume.data.label->voxels);
  EXPECT_EQ(read.data.brain->voxels, volume.data.brain->voxels);
  EXPECT_EQ(read.data.label->grid, volume.data.image.grid);
}

TEST(VolumeFile, ALabelThatNobodyAsksForIsNotRead) {
  const Folder folder;
  const auto volume = small_volume();
  io::write_volume(folder / "a.h5", volume, {});
  const auto read = io::read_volume_without_label(folder / "a.h5");
  EXPECT_FALSE(read.data.label);
  EXPECT_EQ(read.data.image.voxels, volume.data.image.voxels);
  EXPECT_EQ(read.data.brain->voxels, volume.data.brain->voxels);
}

TEST(VolumeFile, LabelAndBrainMayBeAbsent) {
  const Folder folder;
  auto volume = small_volume();
  volume.data.label.reset();
  volume.data.brain.reset();
  volume.data.classes = {};
  volume.data.regions = {};
  io::write_volume(folder / "a.h5", volume, {});
  const auto read = io::read_volume(folder / "a.h5");
  EXPECT_FALSE(read.data.label);
  EXPECT_FALSE(read.data.brain);
  expect_equal(read, volume);
}

TEST(VolumeFile, HalfKeepsElevenBits) {
  const Folder folder;
  const auto volume = small_volume();
  io::write_volume(folder / "a.h5", volume, {}, {.half = true});
  const auto read = io::read_volume(folder / "a.h5");
  for (size_t i = 0; i < read.data.image.voxels.size(); ++i)
    EXPECT_NEAR(read.data.image.voxels[i], volume.data.image.voxels[i], 0x1p-11 * 4.8);
}

TEST(VolumeFile, HeaderComesWithoutVoxels) {
  const Folder folder;
  io::write_volume(folder / "a.h5", small_volume(), {});
  const auto header = io::read_volume_header(folder / "a.h5");
  expect_equal(header, small_volume());
  EXPECT_TRUE(header.data.image.voxels.empty());
  ASSERT_TRUE(header.data.label);
  EXPECT_TRUE(header.data.label->voxels.empty());
  EXPECT_TRUE(header.data.brain);
}

/// Writes the small volume with one thing changed and returns the reader's complaint.
template <class Change>
std::string complaint(Change change) {
  const Folder folder;
  io::write_volume(folder / "a.h5", small_volume(), {});
  auto tree = io::read_tree(folder / "a.h5", "volume");
  change(tree);
  io::write_tree(folder / "b.h5", tree, "volume", {});
  const auto whole = test::message_of<DataError>([&] { io::read_volume(folder / "b.h5"); });
  EXPECT_THAT(whole, HasSubstr("b.h5"));
  return whole;
}

TEST(VolumeFile, RefusesPartsThatDoNotFit) {
  EXPECT_THAT(complaint([](io::Tree& t) {
                t.arrays["/image"].shape = {2, 2, 4, 3};
              }),
              HasSubstr("/image has shape [2,2,4,3], expected [2,2,3,4]"));
  EXPECT_THAT(complaint([](io::Tree& t) { t.arrays["/label"].shape = {24}; }), HasSubstr("/label"));
  EXPECT_THAT(complaint([](io::Tree& t) { t.arrays["/label"].bytes[0] = std::byte{4}; }),
              HasSubstr("class 4"));
  EXPECT_THAT(complaint([](io::Tree& t) { t.arrays.erase("/image"); }), HasSubstr("/image"));
  EXPECT_THAT(complaint([](io::Tree& t) {
                t.attributes["/"]["channels"] = std::vector<std::string>{"flair"};
              }),
              HasSubstr("expected [1,2,3,4]"));
  EXPECT_THAT(complaint([](io::Tree& t) {
                t.attributes["/"]["spacing-mm"] = std::vector<double>{1, 0, 1};
              }),
              HasSubstr("spacing"));
  EXPECT_THAT(complaint([](io::Tree& t) { t.attributes["/"]["chain"] = std::string("{]"); }),
              HasSubstr("chain"));
  EXPECT_THAT(complaint([](io::Tree& t) {
                t.attributes["/"]["size"] = std::vector<int64_t>{1 << 20, 1 << 20, 1 << 20};
              }),
              HasSubstr("chain"));
  EXPECT_THAT(complaint([](io::Tree& t) { t.attributes["/"].erase("recipe-id"); }),
              HasSubstr("recipe-id"));
  EXPECT_THAT(
      complaint([](io::Tree& t) { t.attributes["/"]["regions"] = std::vector<std::string>{"WT"}; }),
      HasSubstr("WT"));
}

Shares small_shares() {
  Shares shares{{test::small_grid(), test::small_volume().data.classes.names, {}}, true};
  shares.image.voxels.assign(96, 0.0f);
  for (size_t v = 0; v < 24; ++v) {
    const float ed = static_cast<float>(v) / 23.0f;
    shares.image.voxels[v] = 1 - ed;
    shares.image.voxels[48 + v] = ed;
  }
  return shares;
}

TEST(VolumeFile, SharesComeBackWithinTheirTypesRounding) {
  const std::vector<std::pair<io::Type, double>> types{{io::Type::u8, 0.5 / 255},
                                                       {io::Type::u16, 0.5 / 65535},
                                                       {io::Type::f16, 0x1p-12},
                                                       {io::Type::f32, 0}};
  for (const auto& [type, error] : types) {
    const Folder folder;
    auto volume = small_volume();
    volume.data.share = small_shares();
    volume.data.label.reset();
    io::write_volume(folder / "a.h5", volume, {}, {.share = type});
    const auto tree = io::read_tree(folder / "a.h5", "volume");
    EXPECT_EQ(tree.array("/share").type, type);
    EXPECT_EQ(tree.array("/share").shape, (std::vector<int64_t>{4, 2, 3, 4}));
    const auto read = io::read_volume(folder / "a.h5");
    ASSERT_TRUE(read.data.share);
    EXPECT_TRUE(read.data.share->exclusive);
    EXPECT_EQ(read.data.share->image.channels, volume.data.classes.names);
    for (size_t i = 0; i < 96; ++i)
      EXPECT_NEAR(read.data.share->image.voxels[i], small_shares().image.voxels[i], error + 1e-7);
    const auto header = io::read_volume_header(folder / "a.h5");
    ASSERT_TRUE(header.data.share);
    EXPECT_EQ(header.data.share->image.channels, volume.data.classes.names);
    EXPECT_TRUE(header.data.share->image.voxels.empty());
  }
}

TEST(VolumeFile, CertainSharesAreExactInEveryType) {
  for (const auto type : {io::Type::u8, io::Type::u16, io::Type::f16, io::Type::f32}) {
    const Folder folder;
    auto volume = small_volume();
    volume.data.share = small_shares();
    for (float& v : volume.data.share->image.voxels) v = v > 0.5f ? 1.0f : 0.0f;
    io::write_volume(folder / "a.h5", volume, {}, {.share = type});
    EXPECT_EQ(io::read_volume(folder / "a.h5").data.share->image.voxels,
              volume.data.share->image.voxels);
  }
}

TEST(VolumeFile, RegionsMayOverlapWhereTheFileSaysSo) {
  const Folder folder;
  auto volume = small_volume();
  volume.data.share =
      Shares{{test::small_grid(), {"ET", "WT"}, std::vector<float>(48, 1.0f)}, false};
  io::write_volume(folder / "a.h5", volume, {});
  const auto read = io::read_volume(folder / "a.h5");
  EXPECT_FALSE(read.data.share->exclusive);
  EXPECT_EQ(read.data.share->image.channels, (std::vector<std::string>{"ET", "WT"}));
  EXPECT_EQ(read.data.share->image.voxels, std::vector<float>(48, 1.0f));
}

/// As complaint(), of a volume with shares.
template <class Change>
std::string share_complaint(Change change, io::Type type = io::Type::f32) {
  const Folder folder;
  auto volume = small_volume();
  volume.data.share = small_shares();
  io::write_volume(folder / "a.h5", volume, {}, {.share = type});
  auto tree = io::read_tree(folder / "a.h5", "volume");
  change(tree);
  io::write_tree(folder / "b.h5", tree, "volume", {});
  const auto whole = test::message_of<DataError>([&] { io::read_volume(folder / "b.h5"); });
  EXPECT_THAT(whole, HasSubstr("b.h5: /share"));
  return whole;
}

TEST(VolumeFile, RefusesSharesThatDoNotFit) {
  // Voxel 13 of a 4x3x2 grid is (1, 0, 1); its shares are 10/23 background and 13/23 edema.
  EXPECT_THAT(share_complaint([](io::Tree& t) { t.arrays["/share"].as<float>()[13] += 0.25f; }),
              HasSubstr("sum to 1.25 at voxel (1, 0, 1), expected 1 within 1e-05 (1 of 24 voxels"));
  EXPECT_THAT(
      share_complaint([](io::Tree& t) { t.arrays["/share"].as<uint8_t>()[13] += 3; }, io::Type::u8),
      HasSubstr("at voxel (1, 0, 1), expected 1 within 0.0079"));
  EXPECT_THAT(share_complaint([](io::Tree& t) { t.arrays["/share"].as<float>()[48] = -0.5f; }),
              HasSubstr("-0.5 at voxel (0, 0, 0) of channel ED, expected 0 to 1"));
  EXPECT_THAT(share_complaint([](io::Tree& t) { t.arrays["/share"].as<float>()[48] = NAN; }),
              HasSubstr("nan at voxel (0, 0, 0)"));
  const std::vector<std::string> swapped{"background", "ED", "NCR", "ET"};
  EXPECT_THAT(share_complaint([&](io::Tree& t) { t.attributes["/share"]["channels"] = swapped; }),
              HasSubstr("channels are background,ED,NCR,ET, class-names are background,NCR,ED,ET"));
  EXPECT_THAT(share_complaint([](io::Tree& t) { t.attributes["/share"].erase("channels"); }),
              HasSubstr("'channels' is missing"));
  EXPECT_THAT(
      share_complaint([](io::Tree& t) { t.attributes["/share"]["kind"] = std::string("logits"); }),
      HasSubstr("kind is 'logits'"));
  EXPECT_THAT(share_complaint([](io::Tree& t) {
                t.arrays["/share"].shape = {4, 2, 4, 3};
              }),
              HasSubstr("has shape [4,2,4,3], expected [4,2,3,4]"));
  EXPECT_THAT(
      share_complaint([](io::Tree& t) {
        const std::vector<int32_t> whole(96, 1);
        t.arrays["/share"] = io::make_array<int32_t>({4, 2, 3, 4}, std::span<const int32_t>(whole));
      }),
      HasSubstr("holds i32, expected u8 or u16"));
  EXPECT_THAT(
      share_complaint([](io::Tree& t) {
        t.attributes["/share"]["kind"] = std::string("sigmoid");
        t.attributes["/share"]["channels"] = std::vector<std::string>{"ET", "WT", "TC", "ED"};
      }),
      HasSubstr("channel 'TC' is no region and no class"));
}

TEST(VolumeFile, LabelsInWiderTypesAreRead) {
  const Folder folder;
  io::write_volume(folder / "a.h5", small_volume(), {});
  auto tree = io::read_tree(folder / "a.h5", "volume");
  std::vector<int64_t> wide(24, 0);
  wide[5] = 3;
  tree.arrays["/label"] = io::make_array<int64_t>({2, 3, 4}, std::span<const int64_t>(wide));
  io::write_tree(folder / "b.h5", tree, "volume", {});
  EXPECT_EQ(io::read_volume(folder / "b.h5").data.label->voxels, small_volume().data.label->voxels);
  for (const int64_t wrong : {int64_t{-1}, int64_t{4}, int64_t{256 + 1}}) {
    wide[5] = wrong;
    tree.arrays["/label"] = io::make_array<int64_t>({2, 3, 4}, std::span<const int64_t>(wide));
    io::write_tree(folder / "b.h5", tree, "volume", {}, {.force = true});
    EXPECT_THAT(test::message_of<DataError>([&] { io::read_volume(folder / "b.h5"); }),
                HasSubstr("holds class " + std::to_string(wrong) + ", class-names has 4"));
  }
}

TEST(Chain, JsonKeepsEveryBit) {
  const auto chain = test::small_chain();
  EXPECT_EQ(io::chain_from_json(io::chain_to_json(chain)), chain);
  EXPECT_THROW(io::chain_from_json(R"({"source":{"size":[1,1,1]},"steps":[]})"), DataError);
}

TEST(PredictionFile, RoundTrip) {
  const Folder folder;
  const auto p = small_prediction();
  io::write_prediction(folder / "a.h5", p, {});
  const auto read = io::read_prediction(folder / "a.h5");
  EXPECT_EQ(read.case_id, p.case_id);
  EXPECT_EQ(read.chain, p.chain);
  EXPECT_EQ(read.label.voxels, p.label.voxels);
  EXPECT_EQ(read.classes, p.classes);
  EXPECT_EQ(read.regions, p.regions);
  EXPECT_EQ(read.head, p.head);
  EXPECT_EQ(read.probability->voxels, p.probability->voxels);
  EXPECT_EQ(read.probability->channels, p.head.names);
  EXPECT_EQ(read.uncertainty->voxels, p.uncertainty->voxels);
  EXPECT_EQ(read.uncertainty->channels, p.uncertainty->channels);
  EXPECT_EQ(read.checkpoint_ids, p.checkpoint_ids);
  ASSERT_EQ(read.maps.size(), 1u);
  EXPECT_EQ(read.maps.at("mutual-information").voxels, p.maps.at("mutual-information").voxels);
  EXPECT_EQ(read.maps.at("mutual-information").channels, (std::vector<std::string>{"WT", "ET"}));
  EXPECT_FALSE(io::read_prediction(folder / "a.h5", false).probability);
  EXPECT_TRUE(io::read_prediction(folder / "a.h5", false).maps.empty());
}

TEST(PredictionFile, AVolumeIsNoPrediction) {
  const Folder folder;
  io::write_volume(folder / "a.h5", small_volume(), {});
  EXPECT_THAT(test::message_of<DataError>([&] { io::read_prediction(folder / "a.h5"); }),
              HasSubstr("a volume file, expected a prediction file"));
}

}  // namespace
