#include "infer/uncertainty.h"

#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>

#include <cmath>

#include "base/errors.h"
#include "unit/infer/networks.h"

namespace {
using namespace kdseg;
using infer::Entropy;
using ::testing::ElementsAre;

/// One voxel: [1, K, 1, 1, 1].
at::Tensor voxel(std::vector<float> p) {
  return at::tensor(p).view({1, static_cast<int64_t>(p.size()), 1, 1, 1});
}

const std::vector<Region> brats{{"WT", {1, 2, 4}}, {"TC", {1, 4}}, {"ET", {4}}};

// Values computed by hand: -sum p ln p, and 100 times its share of ln 4 and ln 2.
TEST(Entropy, OfClassesAndOfRegions) {
  const at::Tensor p = voxel({0.7f, 0.1f, 0.1f, 0.1f});
  EXPECT_NEAR(infer::class_entropy(p).item<double>(), 0.9404480, 1e-6);
  EXPECT_NEAR(
      100 * infer::class_entropy(p).item<double>() / infer::largest_entropy(4, Entropy::multiclass),
      67.8390, 1e-4);
  const double ln2 = infer::largest_entropy(4, Entropy::region_binary);
  EXPECT_NEAR(infer::binary_entropy(voxel({0.1f})).item<double>(), 0.3250830, 1e-6);
  EXPECT_NEAR(100 * infer::binary_entropy(voxel({0.1f})).item<double>() / ln2, 46.8996, 1e-4);
  EXPECT_NEAR(100 * infer::binary_entropy(voxel({0.25f})).item<double>() / ln2, 81.1278, 1e-4);
}

TEST(Entropy, CertaintyIsZero) {
  EXPECT_EQ(infer::binary_entropy(voxel({0.0f})).item<float>(), 0.0f);
  EXPECT_EQ(infer::binary_entropy(voxel({1.0f})).item<float>(), 0.0f);
  EXPECT_EQ(infer::class_entropy(voxel({1.0f, 0.0f, 0.0f})).item<float>(), 0.0f);
}

TEST(Entropy, RegionsAddUpTheirClasses) {
  const auto regions = infer::region_channels(test::softmax_head(4), brats);
  EXPECT_THAT(regions.names, ElementsAre("WT", "TC", "ET"));
  EXPECT_THAT(regions.channels,
              ElementsAre(ElementsAre(1, 2, 3), ElementsAre(1, 3), ElementsAre(3)));
  const at::Tensor p = voxel({0.4f, 0.15f, 0.35f, 0.1f});
  const at::Tensor sums = infer::region_probability(p, regions.channels);
  EXPECT_NEAR(sums[0][0].item<double>(), 0.6, 1e-6);
  EXPECT_NEAR(sums[0][1].item<double>(), 0.25, 1e-6);
  const at::Tensor h = infer::region_entropy(p, regions.channels, Entropy::region_binary);
  EXPECT_NEAR(100 * h[0][1].item<double>() / std::log(2.0), 81.1278, 1e-4);
  EXPECT_NEAR(100 * h[0][2].item<double>() / std::log(2.0), 46.8996, 1e-4);
  // The multiclass entropy is the same map for every region.
  const at::Tensor all = infer::region_entropy(p, regions.channels, Entropy::multiclass);
  ASSERT_EQ(all.size(1), 3);
  EXPECT_TRUE(all[0][0].equal(all[0][2]));
}

TEST(Entropy, RoundingBeyondOneIsNoEntropy) {
  const at::Tensor p = voxel({0.0f, 0.6f, 0.4000001f});
  const at::Tensor h = infer::region_entropy(p, {{1, 2}}, Entropy::region_binary);
  EXPECT_EQ(h.item<float>(), 0.0f);
}

TEST(RegionChannels, WithoutRegionsEveryClass) {
  const auto regions = infer::region_channels(test::softmax_head(3), {});
  EXPECT_THAT(regions.names, ElementsAre("NCR", "ED"));
  EXPECT_THAT(regions.channels, ElementsAre(ElementsAre(1), ElementsAre(2)));
}

TEST(RegionChannels, OfIndependentRegionsAreTheirOwn) {
  const auto regions = infer::region_channels(test::region_head(), brats);
  EXPECT_THAT(regions.names, ElementsAre("WT", "TC", "ET"));
  EXPECT_THAT(regions.channels, ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2)));
}

TEST(RegionChannels, UnknownCodesAreRefused) {
  EXPECT_THROW(infer::region_channels(test::softmax_head(4), {{"liver", {6}}}), DataError);
}

TEST(Stretch, BringsEveryChannelToTheWholeScale) {
  Image image{{{4, 1, 1}, {1, 1, 1}, {0, 0, 0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}},
              {"a", "b"},
              {10, 20, 40, 50, 7, 7, 7, 7}};
  const auto ranges = infer::value_ranges(image);
  EXPECT_EQ(ranges[0].low, 10);
  EXPECT_EQ(ranges[0].high, 50);
  infer::stretch(image, ranges);
  EXPECT_THAT(image.voxels, ElementsAre(0, 25, 75, 100, 0, 0, 0, 0));
}

}  // namespace
