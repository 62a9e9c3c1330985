// Soft labels as targets: what a network's channels get of them, in the store and in batches.
#include "data/soft_labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"
#include "cases.h"
#include "data/loader.h"

namespace kdseg::data {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const ClassTable classes{{"background", "ED", "ET"}, {0, 2, 4}};

Head regions_head() { return {Head::Kind::sigmoid, {"WT", "ET"}, {{1, 2}, {2}}, {0, 2, 4}}; }

/// A row of four voxels: background, 0.5 ED + 0.25 ET, ET, undecided between ED and ET.
Volume soft_row() {
  Volume volume = numbered_volume(0, {4, 1, 1}, 1);
  Case& data = volume.data;
  data.classes = classes;
  data.label.reset();
  data.share = Shares{{data.image.grid,
                       classes.names,
                       {1, 0.25f, 0, 0,    //
                        0, 0.5f, 0, 0.5f,  //
                        0, 0.25f, 1, 0.5f}},
                      true};
  return volume;
}

/// Shares of 1 for the labels of `volume`.
Volume certain(Volume volume) {
  Case& data = volume.data;
  data.classes = classes;
  data.share = Shares{{data.image.grid, classes.names, {}}, true};
  for (uint8_t k = 0; k < 3; ++k)
    for (const uint8_t label : data.label->voxels)
      data.share->image.voxels.push_back(label == k ? 1.0f : 0.0f);
  return volume;
}

TEST(SoftLabels, ClassesStayAndTheLabelIsTheLargestShare) {
  Volume volume = soft_row();
  fit_shares(volume, softmax_head(classes));
  EXPECT_THAT(volume.data.share->image.voxels,
              ElementsAre(1, 0.25f, 0, 0, 0, 0.5f, 0, 0.5f, 0, 0.25f, 1, 0.5f));
  ASSERT_TRUE(volume.data.label);
  EXPECT_THAT(volume.data.label->voxels, ElementsAre(0, 1, 2, 1));
}

TEST(SoftLabels, RegionsAreSumsOfTheirClasses) {
  Volume volume = soft_row();
  fit_shares(volume, regions_head());
  EXPECT_FALSE(volume.data.share->exclusive);
  EXPECT_THAT(volume.data.share->image.channels, ElementsAre("WT", "ET"));
  EXPECT_THAT(volume.data.share->image.voxels, ElementsAre(0, 0.75f, 1, 1, 0, 0.25f, 1, 0.5f));
  EXPECT_THAT(volume.data.label->voxels, ElementsAre(0, 1, 2, 1));
}

TEST(SoftLabels, IndependentRegionsArePickedByName) {
  Volume volume = numbered_volume(0, {2, 1, 1}, 1);
  volume.data.share =
      Shares{{volume.data.image.grid, {"ET", "TC", "WT"}, {0.25f, 0.5f, 0, 0, 0.75f, 1}}, false};
  Volume same = volume;
  fit_shares(volume, regions_head());
  EXPECT_THAT(volume.data.share->image.voxels, ElementsAre(0.75f, 1, 0.25f, 0.5f));
  EXPECT_THAT([&] { fit_shares(same, softmax_head(classes)); },
              ThrowsMessage<DataError>(HasSubstr("--head regions")));
  Volume less = same;
  less.data.share->image.channels = {"ET", "TC", "NET"};
  EXPECT_THAT(
      [&] { fit_shares(less, regions_head()); },
      ThrowsMessage<DataError>(HasSubstr("has the regions ET,TC,NET, the network is trained "
                                         "for WT,ET")));
}

TEST(SoftLabels, MemoryOfSharesCounts) {
  const Volume hard = numbered_volume(0, {4, 4, 4});
  EXPECT_EQ(size_in_bytes(certain(hard)), size_in_bytes(hard) + 3 * 64 * 4);
  const auto load = [](int64_t i) {
    return certain(numbered_volume(static_cast<int>(i), {4, 4, 4}));
  };
  const auto budget = std::make_shared<MemoryBudget>(2 * size_in_bytes(hard));
  int loads = 0;
  CaseStore store(
      {"a"},
      [&](int64_t i) {
        ++loads;
        return load(i);
      },
      budget);
  store.get(0);
  store.get(0);
  EXPECT_EQ(loads, 2) << "a case with its shares is larger than the limit";
}

/// The one batch of all cases.
HostBatch batch_of(std::vector<Volume> volumes, LoaderOptions options) {
  std::vector<std::string> ids;
  for (const auto& v : volumes) ids.push_back(v.data.id);
  const auto count = static_cast<int64_t>(ids.size());
  CaseStore store(
      ids, [&](int64_t i) { return volumes[static_cast<size_t>(i)]; }, cache_budget("ram", 0));
  options.workers = 0;
  options.end_step = 1;
  options.classes_of = {{0}, {1}, {2}};
  Loader loader(store, Sampler(options.seed, count, count), options);
  HostBatch batch = loader.next();
  batch.share = batch.share.defined() ? batch.share.clone() : batch.share;
  batch.label = batch.label.clone();
  return batch;
}

TEST(SoftLabels, HardCasesGetSharesOfOneBesideSoftOnes) {
  Volume soft = certain(numbered_volume(1, {6, 5, 4}));
  for (size_t v = 0; v < 120; ++v) {  // half of each class moved to the next
    const auto k = static_cast<size_t>(soft.data.label->voxels[v]);
    soft.data.share->image.voxels[k * 120 + v] = 0.5f;
    soft.data.share->image.voxels[(k + 1) % 3 * 120 + v] = 0.5f;
  }
  const auto batch = batch_of({numbered_volume(0, {6, 5, 4}), soft}, {});
  ASSERT_TRUE(batch.share.defined());
  EXPECT_THAT(batch.share.sizes().vec(), ElementsAre(2, 3, 4, 5, 6));
  for (int64_t i = 0; i < 2; ++i) {
    const bool hard = batch.cases[static_cast<size_t>(i)] == "case0";
    const float* share = batch.share[i].const_data_ptr<float>();
    for (int64_t v = 0; v < 120; ++v)
      for (int64_t k = 0; k < 3; ++k)
        ASSERT_EQ(share[k * 120 + v],
                  hard ? (v % 3 == k ? 1 : 0) : (v % 3 == k || (v + 1) % 3 == k ? 0.5f : 0));
  }
  EXPECT_FALSE(batch_of({numbered_volume(0, {6, 5, 4})}, {}).share.defined());
}

TEST(SoftLabels, SharesMoveWithTheImageAndSumToOne) {
  LoaderOptions options;
  options.seed = 3;
  options.patch = {4, 8, 3};  // larger than the case in y
  options.augment = Augmentation{};
  options.augment->rotation_deg = 30;
  options.augment->affine_probability = 1;
  Volume volume = certain(numbered_volume(0, {6, 5, 4}, 3));
  volume.data.image.voxels = volume.data.share->image.voxels;  // seen as an image, too
  const auto batch = batch_of({volume}, options);
  const at::Tensor image = batch.image[0], share = batch.share[0];
  const int64_t n = 4 * 8 * 3;
  int64_t soft = 0, outside = 0;
  for (int64_t v = 0; v < n; ++v) {
    const auto at = [&](const at::Tensor& t, int64_t k) {
      return t.const_data_ptr<float>()[k * n + v];
    };
    EXPECT_NEAR(at(share, 0) + at(share, 1) + at(share, 2), 1, 1e-6);
    // The image is 0 beyond the case, the shares are background there.
    EXPECT_NEAR(at(share, 1), at(image, 1), 1e-6);
    EXPECT_NEAR(at(share, 2), at(image, 2), 1e-6);
    soft += at(share, 1) > 0.01f && at(share, 1) < 0.99f;
    outside += at(image, 0) + at(image, 1) + at(image, 2) == 0;
  }
  EXPECT_GT(soft, 10);
  EXPECT_GT(outside, 10);
}

}  // namespace
}  // namespace kdseg::data
