// The loader: batches depend on seed and step alone, come in order, and carry faults to the caller.
#include "data/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "base/errors.h"
#include "cases.h"

namespace kdseg::data {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

struct Seen {
  std::vector<std::string> cases;
  std::vector<float> image;
  std::vector<uint8_t> label;
  bool operator==(const Seen&) const = default;
};

Seen copy_of(const HostBatch& batch) {
  const float* image = batch.image.const_data_ptr<float>();
  const uint8_t* label = batch.label.const_data_ptr<uint8_t>();
  return {batch.cases, {image, image + batch.image.numel()}, {label, label + batch.label.numel()}};
}

CaseStore numbered_store(int64_t n, std::array<int64_t, 3> size = {6, 5, 4}) {
  std::vector<std::string> ids;
  for (int64_t i = 0; i < n; ++i) ids.push_back("case" + std::to_string(i));
  return {ids, [size](int64_t i) { return numbered_volume(static_cast<int>(i), size); },
          cache_budget("ram", 0)};
}

std::vector<Seen> run(LoaderOptions options, int64_t batch = 2) {
  CaseStore store = numbered_store(5);
  Loader loader(store, Sampler(options.seed, 5, batch), options);
  std::vector<Seen> all;
  for (int64_t s = options.first_step; s < options.end_step; ++s)
    all.push_back(copy_of(loader.next()));
  return all;
}

LoaderOptions varied() {
  LoaderOptions options;
  options.seed = 11;
  options.augment = Augmentation{};
  options.mask_augmented = true;
  options.patch = {4, 8, 3};  // larger than the case in y
  options.end_step = 12;
  return options;
}

TEST(Loader, TheCountOfThreadsChangesNothing) {
  LoaderOptions options = varied();
  options.workers = 0;
  const auto expected = run(options);
  for (const int64_t workers : {1, 2, 5}) {
    options.workers = workers;
    EXPECT_EQ(run(options), expected) << workers << " workers";
  }
}

TEST(Loader, StartsAtAnyStep) {
  LoaderOptions options = varied();
  const auto all = run(options);
  options.first_step = 7;
  const auto rest = run(options);
  ASSERT_EQ(rest.size(), 5u);
  for (size_t i = 0; i < rest.size(); ++i) EXPECT_EQ(rest[i], all[i + 7]);
}

TEST(Loader, WholeVolumesComeAsTheyAre) {
  LoaderOptions options;
  options.end_step = 3;
  const auto all = run(options);
  std::set<std::string> cases;
  for (const auto& batch : all)
    for (size_t i = 0; i < batch.cases.size(); ++i) {
      cases.insert(batch.cases[i]);
      const Volume v = numbered_volume(batch.cases[i].back() - '0', {6, 5, 4});
      const auto n = v.data.image.voxels.size(), m = v.data.label->voxels.size();
      EXPECT_TRUE(std::equal(v.data.image.voxels.begin(), v.data.image.voxels.end(),
                             batch.image.begin() + static_cast<int64_t>(i * n)));
      EXPECT_TRUE(std::equal(v.data.label->voxels.begin(), v.data.label->voxels.end(),
                             batch.label.begin() + static_cast<int64_t>(i * m)));
    }
  EXPECT_EQ(cases.size(), 5u);
}

TEST(Loader, PatchesKeepImageAndLabelTogetherAndArePaddedWithZeros) {
  LoaderOptions options;
  options.patch = {3, 7, 2};  // one row of padding on either side in y
  options.end_step = 10;
  std::set<float> corners;
  for (const auto& batch : run(options, 1)) {
    const auto number = batch.cases.front().back() - '0';
    for (size_t v = 0; v < batch.label.size(); ++v) {
      const auto y = v / 3 % 7;
      if (y == 0 || y == 6) {
        EXPECT_EQ(batch.image[v], 0);
        EXPECT_EQ(batch.label[v], 0);
      } else {
        const auto voxel = static_cast<int>(batch.image[v]) - 1000 * number;
        EXPECT_EQ(batch.label[v], voxel % 3);
      }
    }
    corners.insert(batch.image[3] - static_cast<float>(1000 * number));
  }
  EXPECT_GT(corners.size(), 2u) << "patches lie at random places";
}

TEST(Loader, BeyondAVolumeMayLieItsMinimum) {
  LoaderOptions options;
  options.patch = {3, 7, 2};
  options.minimum_outside = true;
  options.end_step = 5;
  for (const auto& batch : run(options, 1)) {
    const auto number = batch.cases.front().back() - '0';
    for (size_t c = 0; c < 2; ++c)
      for (size_t x = 0; x < 3; ++x)
        EXPECT_EQ(batch.image[c * batch.label.size() + x],
                  1000 * number + 100 * static_cast<int>(c));
    EXPECT_EQ(batch.label[0], 0);
  }
}

TEST(Loader, AugmentedImagesAreZeroOutsideTheMask) {
  LoaderOptions options;
  options.augment = Augmentation{};
  options.augment->affine_probability = 0;
  options.augment->flip_probability = 0;
  options.mask_augmented = true;
  options.end_step = 1;
  for (const auto& batch : run(options, 1))
    for (size_t v = 0; v < batch.label.size(); ++v) EXPECT_EQ(batch.image[v] == 0, v % 5 == 0);
}

TEST(Loader, AFaultReachesTheStepItBelongsToWithItsCase) {
  const auto ids = std::vector<std::string>{"case0", "case1", "case2", "case3"};
  CaseStore store(
      ids,
      [](int64_t i) {
        if (i == 2) throw DataError("c.h5: truncated");
        return numbered_volume(static_cast<int>(i), {4, 4, 4});
      },
      cache_budget("ram", 0));
  const Sampler sampler(1, 4, 1);
  LoaderOptions options;
  options.seed = 1;
  options.workers = 3;
  options.end_step = 4;
  Loader loader(store, sampler, options);
  for (int64_t step = 0; step < 4; ++step) {
    if (sampler.at(step).items.front() != 2) {
      loader.next();
      continue;
    }
    EXPECT_THAT([&] { loader.next(); },
                ThrowsMessage<DataError>(HasSubstr("case case2: c.h5: truncated")));
    break;
  }
}

TEST(Loader, RefusesABatchOfDifferentSizesAndACaseWithoutLabel) {
  const auto sizes = [](int64_t i) { return numbered_volume(static_cast<int>(i), {4, 4, 4 + i}); };
  CaseStore store({"case0", "case1"}, sizes, cache_budget("ram", 0));
  LoaderOptions options;
  options.workers = 0;
  options.end_step = 1;
  Loader loader(store, Sampler(0, 2, 2), options);
  EXPECT_THAT([&] { loader.next(); }, ThrowsMessage<DataError>(HasSubstr("--batch 1 or --patch")));

  const auto bare = [](int64_t i) {
    Volume v = numbered_volume(static_cast<int>(i), {4, 4, 4});
    v.data.label.reset();
    return v;
  };
  CaseStore unlabelled({"case0"}, bare, cache_budget("ram", 0));
  Loader other(unlabelled, Sampler(0, 1, 1), options);
  EXPECT_THAT([&] { other.next(); },
              ThrowsMessage<DataError>(HasSubstr("case0: the volume has no label")));
}

// Channel 0 of voxel v holds 1000 * case + v, so that a value tells where it comes from.
TEST(Loader, SlicesComeWithTheirLabelsAndAllOfThemInAnEpoch) {
  CaseStore store = numbered_store(2);  // 6 x 5 x 4 voxels: 4 slices each
  LoaderOptions options;
  options.unit = Unit::slice;
  options.end_step = 4;
  const Items items = items_of(store, Unit::slice, 1);
  ASSERT_EQ(items.size(), 8);
  Loader loader(store, items, Sampler(0, items.size(), 2), options);
  std::set<int64_t> seen;
  for (int64_t step = 0; step < options.end_step; ++step) {
    const HostBatch& batch = loader.next();
    EXPECT_EQ(batch.image.sizes(), (std::vector<int64_t>{2, 2, 5, 6}));
    EXPECT_EQ(batch.label.sizes(), (std::vector<int64_t>{2, 5, 6}));
    EXPECT_EQ(batch.channels, (std::vector<std::string>{"c0", "c1"}));
    for (int64_t n = 0; n < 2; ++n) {
      const auto first = static_cast<int64_t>(batch.image[n][0][0][0].item<float>());
      const int64_t slice = first % 1000 / 30;
      EXPECT_EQ(batch.image[n][0][4][5].item<float>(), static_cast<float>(first + 29));
      EXPECT_EQ(batch.label[n][4][5].item<int>(), (slice * 30 + 29) % 3);
      seen.insert(first / 1000 * 4 + slice);
    }
  }
  EXPECT_EQ(seen.size(), 8u);
}

TEST(Loader, AugmentedSlicesStayInTheirSlice) {
  const auto depth = [](int64_t) {
    Volume v = numbered_volume(0, {16, 16, 4}, 1);
    for (size_t i = 0; i < v.data.image.voxels.size(); ++i)
      v.data.image.voxels[i] = static_cast<float>(1 + i / 256);
    return v;
  };
  CaseStore store({"case0"}, depth, cache_budget("ram", 0));
  LoaderOptions options;
  options.unit = Unit::slice;
  options.augment = Augmentation{{0, 1, 2}, 0.5, 1, 30, 0.2, 0.2, false};
  options.end_step = 8;
  Loader loader(store, items_of(store, Unit::slice, 1), Sampler(0, 4, 1), options);
  for (int64_t step = 0; step < options.end_step; ++step) {
    const at::Tensor image = loader.next().image;
    const auto inside = image[0][0][8][8].item<float>();
    EXPECT_NEAR(inside, std::round(inside), 1e-5);
    EXPECT_NEAR(image.max().item<float>(), inside, 1e-5);
  }
}

TEST(Loader, LabelsAreOptionalOrNeverTouchedWhereAStreamSaysSo) {
  const auto every_other = [](int64_t i) {
    Volume v = numbered_volume(static_cast<int>(i), {4, 4, 4});
    if (i % 2 == 0) v.data.label.reset();
    return v;
  };
  CaseStore store({"case0", "case1"}, every_other, cache_budget("ram", 0));
  LoaderOptions options;
  options.labels = LabelRule::optional;
  options.end_step = 1;
  Loader some(store, Sampler(0, 2, 2), options);
  const HostBatch& batch = some.next();
  const int64_t labelled = batch.cases[0] == "case1" ? 0 : 1;
  EXPECT_EQ(batch.labelled, std::vector<int64_t>{labelled});
  EXPECT_EQ(batch.label[labelled].flatten()[5].item<int>(), 2);
  EXPECT_EQ(to_device(batch, at::kCPU).labelled, batch.labelled);
  options.labels = LabelRule::none;
  Loader none(store, Sampler(0, 2, 2), options);
  EXPECT_FALSE(none.next().label.defined());
}

TEST(Loader, StreamsOfOneSeedVaryTheirCasesDifferently) {
  const auto first_of = [](const std::string& stream) {
    CaseStore store = numbered_store(5);
    LoaderOptions options = varied();
    Loader loader(store, Sampler(options.seed, 5, 2, stream), options);
    return copy_of(loader.next());
  };
  EXPECT_EQ(first_of("cases"), run(varied())[0]);
  EXPECT_NE(first_of("pool"), first_of("t"));
}

}  // namespace
}  // namespace kdseg::data
