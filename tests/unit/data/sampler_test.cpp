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
    order.insert(order.end(), place.items.begin(), place.items.end());
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
  EXPECT_EQ(sampler.at(2).items.size(), 1u);
  EXPECT_EQ(epoch_of(sampler, 4).size(), 7u);
}

TEST(Sampler, BatchesCutTheSameOrder) {
  EXPECT_EQ(epoch_of(Sampler(5, 12, 1), 2), epoch_of(Sampler(5, 12, 4), 2));
  EXPECT_NE(epoch_of(Sampler(5, 12, 1), 2), epoch_of(Sampler(6, 12, 1), 2));
}

TEST(Sampler, StreamsDrawInOrdersOfTheirOwn) {
  const Sampler sole(5, 12, 1), named(5, 12, 1, "pool"), other(5, 12, 1, "t");
  EXPECT_EQ(epoch_of(Sampler(5, 12, 1, "cases"), 2), epoch_of(sole, 2));
  EXPECT_NE(epoch_of(named, 2), epoch_of(sole, 2));
  EXPECT_NE(epoch_of(named, 2), epoch_of(other, 2));
}

TEST(Sampler, AnEndlessStreamHasFullBatchesAndVisitsAllBeforeItRepeats) {
  const Sampler sampler(3, 7, 3, "t", Passes::endless);
  std::vector<int64_t> seen;
  for (int64_t step = 0; step < 14; ++step) {
    const Place place = sampler.at(step);
    EXPECT_EQ(place.items.size(), 3u);
    seen.insert(seen.end(), place.items.begin(), place.items.end());
  }
  for (size_t pass = 0; pass < 6; ++pass) {
    std::vector<int64_t> items(seen.begin() + static_cast<ptrdiff_t>(7 * pass),
                               seen.begin() + static_cast<ptrdiff_t>(7 * pass + 7));
    std::sort(items.begin(), items.end());
    for (int64_t i = 0; i < 7; ++i) EXPECT_EQ(items[static_cast<size_t>(i)], i);
  }
}

}  // namespace
}  // namespace kdseg::data
