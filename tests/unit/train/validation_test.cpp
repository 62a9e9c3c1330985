// Validation scores: the published example, empty regions, both against plain counting.
#include "train/validation.h"

#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

namespace kdseg::train {
namespace {

double dice(const at::Tensor& truth, const at::Tensor& prediction,
            const std::vector<int64_t>& region) {
  return smoothed_dice(confusion(truth, prediction, 4), region);
}

TEST(SmoothedDice, GivesThePublishedExample) {
  const at::Tensor p = at::tensor({1, 1, 3, 0, 2, 0, 0, 3, 3, 2}, at::kLong);
  const at::Tensor t = at::tensor({1, 3, 3, 0, 2, 2, 0, 3, 0, 0}, at::kLong);
  EXPECT_NEAR(dice(t, p, {1}), .75, 1e-12);
  EXPECT_NEAR(dice(t, p, {2}), .6, 1e-12);
  EXPECT_NEAR(dice(t, p, {3}), .7142857, 1e-7);
  const double wt = dice(t, p, {1, 2, 3}), tc = dice(t, p, {1, 3}), et = dice(t, p, {3});
  EXPECT_NEAR(wt, .7857143, 1e-7);
  EXPECT_NEAR(tc, .9, 1e-12);
  EXPECT_NEAR((wt + tc + et) / 3, .8, 1e-7);
}

TEST(SmoothedDice, IsOneWhereBothAreEmptyAndFallsWithFalseVoxels) {
  const at::Tensor none = at::tensor({0, 0, 0, 0}, at::kLong);
  EXPECT_EQ(dice(none, none, {3}), 1);
  EXPECT_NEAR(dice(none, at::tensor({3, 3, 0, 3}, at::kLong), {3}), 1.0 / 4, 1e-12);
}

TEST(Confusion, CountsTrueClassByPredictedClass) {
  const auto counts = confusion(at::tensor({0, 1, 1, 2}, at::kLong).view({1, 2, 2}),
                                at::tensor({0, 1, 2, 2}, at::kLong).view({1, 2, 2}), 3);
  EXPECT_EQ(counts, (std::vector<int64_t>{1, 0, 0, 0, 1, 1, 0, 0, 1}));
}

}  // namespace
}  // namespace kdseg::train
