#include "metrics/overlap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/errors.h"
#include "unit/metrics/masks.h"

namespace kdseg::metrics {
namespace {

TEST(Overlap, CountsAndScoresOfTwoBoxes) {
  const auto reference = Mask({8, 8, 8}).box({2, 2, 2}, {3, 3, 3});
  const auto prediction = Mask({8, 8, 8}).box({2, 2, 2}, {3, 3, 4});
  const Overlap o = count_overlap(prediction.voxels, reference.voxels);
  EXPECT_EQ(o, (Overlap{8, 4, 0, 500}));
  EXPECT_NEAR(dice(o), 0.8, 1e-12);
  EXPECT_NEAR(iou(o), 0.6666667, 5e-8);
  EXPECT_NEAR(sensitivity(o), 1.0, 1e-12);
  EXPECT_NEAR(specificity(o), 0.9920635, 5e-8);
  EXPECT_NEAR(precision(o), 0.6666667, 5e-8);
  EXPECT_NEAR(relative_volume_difference(o), 0.5, 1e-12);
  EXPECT_NEAR(volume_similarity(o), 0.8, 1e-12);
}

TEST(Overlap, SwappingMasksKeepsDiceAndNotTheVolumeDifference) {
  const Overlap o{8, 4, 1, 100}, swapped{8, 1, 4, 100};
  EXPECT_EQ(dice(o), dice(swapped));
  EXPECT_EQ(volume_similarity(o), volume_similarity(swapped));
  EXPECT_NE(relative_volume_difference(o), relative_volume_difference(swapped));
}

TEST(Overlap, ARatioOfNothingToNothingIsNaN) {
  const Overlap nothing{0, 0, 0, 27};
  EXPECT_TRUE(std::isnan(dice(nothing)));
  EXPECT_TRUE(std::isnan(sensitivity(nothing)));
  EXPECT_TRUE(std::isnan(precision(nothing)));
  EXPECT_TRUE(std::isnan(relative_volume_difference(nothing)));
  EXPECT_TRUE(std::isnan(specificity(Overlap{48, 0, 16, 0})));
}

// The ten voxels and their scores are those of a hand calculation with classes 1 to 3 and the
// regions WT {1,2,3} and TC {1,3}.
TEST(Overlap, SmoothedDiceOfHadNet) {
  const std::vector<uint8_t> prediction{1, 1, 3, 0, 2, 0, 0, 3, 3, 2};
  const std::vector<uint8_t> reference{1, 3, 3, 0, 2, 2, 0, 3, 0, 0};
  ClassCounts counts(4);
  counts.add(prediction, reference);
  const auto smooth = [&](std::vector<int> members) {
    return smoothed_dice(counts.region(members));
  };
  const auto plain = [&](std::vector<int> members) { return dice(counts.region(members)); };
  EXPECT_NEAR(smooth({1}), 0.75, 1e-12);
  EXPECT_NEAR(smooth({2}), 0.6, 1e-12);
  EXPECT_NEAR(smooth({3}), 0.7142857, 5e-8);
  EXPECT_NEAR(smooth({1, 2, 3}), 0.7857143, 5e-8);
  EXPECT_NEAR(smooth({1, 3}), 0.9, 1e-12);
  EXPECT_NEAR((smooth({1, 2, 3}) + smooth({1, 3}) + smooth({3})) / 3, 0.8, 1e-12);
  EXPECT_NEAR(plain({1}), 0.6666667, 5e-8);
  EXPECT_NEAR(plain({2}), 0.5, 1e-12);
  EXPECT_NEAR(plain({3}), 0.6666667, 5e-8);
  EXPECT_NEAR(plain({1, 2, 3}), 0.7692308, 5e-8);
  EXPECT_NEAR(plain({1, 3}), 0.8888889, 5e-8);
}

TEST(Overlap, SmoothedDiceOfEmptyMasks) {
  EXPECT_DOUBLE_EQ(smoothed_dice(Overlap{0, 0, 0, 10}), 1.0);
  EXPECT_DOUBLE_EQ(smoothed_dice(Overlap{0, 4, 0, 6}), 0.2);
}

TEST(ClassCounts, AreAddedUpOnlyInsideTheDomain) {
  const std::vector<uint8_t> prediction{1, 1, 0, 0}, reference{1, 0, 1, 0}, brain{1, 1, 1, 0};
  ClassCounts counts(2);
  counts.add(prediction, reference, brain);
  EXPECT_EQ(counts.region(std::vector<int>{1}), (Overlap{1, 1, 1, 0}));
  counts.add(prediction, reference);
  EXPECT_EQ(counts.region(std::vector<int>{1}), (Overlap{2, 2, 2, 1}));
  EXPECT_EQ(counts.predicted(1), 4u);
  EXPECT_EQ(counts.referenced(0), 3u);
}

TEST(ClassCounts, RefuseUnknownClassesAndOtherSizes) {
  ClassCounts counts(4);
  const std::vector<uint8_t> high{0, 4}, fine{0, 1}, longer{0, 1, 2};
  EXPECT_THROW(counts.add(high, fine), DataError);
  EXPECT_THROW(counts.add(fine, high), DataError);
  EXPECT_THROW(counts.add(fine, longer), DataError);
  EXPECT_THROW(count_overlap(fine, longer), DataError);
}

}  // namespace
}  // namespace kdseg::metrics
