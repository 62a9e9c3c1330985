// The order of cases: every epoch a new permutation, a function of seed and step alone.
#include "data/sampler.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace kdseg::data {
namespace {

std::vector<int64_t> epoch_of(const Sampler& sampler, int64_t epoch) {
  std::vector<int64_t> order;
  for (int64_t i = 0; i < sampler.steps_per_epoch(); ++i) {
    const Place place = sampler.at(epoch * sampler.steps_per_epoch() + i);
    EXPECT_EQ(place.epoch, epoch);
    EXPECT_EQ(place.batch_number, i);
    order.insert(order.end(), place.cases.begin(), place.cases.end());
  }
  return order;
}

TEST(Sampler, EveryEpochVisitsEveryCaseOnceInAnotherOrder) {
  const Sampler sampler(3, 20, 1);
  const auto first = epoch_of(sampler, 0), second = epoch_of(sampler, 1);
  EXPECT_NE(first, second);
  for (auto order : {first, second}) {
    std::sort(order.begin(), order.end());
    for (int64_t i = 0; i < 20; ++i) EXPECT_EQ(order[static_cast<size_t>(i)], i);
  }
}

TEST(Sampler, TheLastBatchHoldsWhatIsLeft) {
  const Sampler sampler(3, 7, 3);
  EXPECT_EQ(sampler.steps_per_epoch(), 3);
  EXPECT_EQ(sampler.at(2).cases.size(), 1u);
  EXPECT_EQ(epoch_of(sampler, 4).size(), 7u);
}

TEST(Sampler, BatchesCutTheSameOrder) {
  EXPECT_EQ(epoch_of(Sampler(5, 12, 1), 2), epoch_of(Sampler(5, 12, 4), 2));
  EXPECT_NE(epoch_of(Sampler(5, 12, 1), 2), epoch_of(Sampler(6, 12, 1), 2));
}

}  // namespace
}  // namespace kdseg::data
