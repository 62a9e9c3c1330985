#include <gmock/gmock.h>

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
