// The cache: one load per case while memory allows, shared limits, faults that name the case.
#include "data/case_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/errors.h"
#include "base/parallel.h"
#include "cases.h"

namespace kdseg::data {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

struct Counted {
  std::atomic<int> loads{0};
  CaseStore::Load load() {
    return [this](int64_t i) {
      ++loads;
      return numbered_volume(static_cast<int>(i), {4, 4, 4});
    };
  }
};

TEST(CaseStore, LoadsACaseOnceHoweverManyThreadsAsk) {
  Counted counted;
  CaseStore store({"a", "b"}, counted.load(), cache_budget("ram", 0));
  parallel_for(
      40, 8, [&](int64_t i) { EXPECT_EQ(store.get(i % 2)->data.image.voxels[0], 1000 * (i % 2)); });
  EXPECT_EQ(counted.loads, 2);
}

TEST(CaseStore, LoadsAgainWhatTheLimitDoesNotHold) {
  Counted counted;
  const int64_t one = size_in_bytes(numbered_volume(0, {4, 4, 4}));
  EXPECT_EQ(one, 2 * 64 * 4 + 64 + 64);
  const auto budget = std::make_shared<MemoryBudget>(3 * one);
  CaseStore first({"a", "b"}, counted.load(), budget), second({"c", "d"}, counted.load(), budget);
  for (int round = 0; round < 2; ++round)
    for (int64_t i = 0; i < 2; ++i) {
      first.get(i);
      second.get(i);
    }
  EXPECT_EQ(counted.loads, 5);  // three are kept, the fourth is loaded twice
}

TEST(CaseStore, CacheNoneKeepsNothing) {
  Counted counted;
  CaseStore store({"a"}, counted.load(), cache_budget("none", 0));
  store.get(0);
  store.get(0);
  EXPECT_EQ(counted.loads, 2);
}

TEST(CaseStore, FaultsNameTheCase) {
  CaseStore store(
      {"BraTS19_X"}, [](int64_t) -> Volume { throw DataError("x.h5: truncated"); },
      cache_budget("auto", 1));
  EXPECT_THAT([&] { store.get(0); },
              ThrowsMessage<DataError>(HasSubstr("case BraTS19_X: x.h5: truncated")));
}

}  // namespace
}  // namespace kdseg::data
