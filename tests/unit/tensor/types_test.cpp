#include "tensor/types.h"

#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace kdseg::tensor {
namespace {

TEST(Bag, KeepsOrderAndReplaces) {
  Bag bag;
  bag.set("b", at::ones({1}));
  bag.set("a", at::ones({2}));
  bag.set("b", at::ones({3}));
  ASSERT_EQ(bag.items.size(), 2u);
  EXPECT_EQ(bag.items[0].first, "b");
  EXPECT_EQ(bag.get("b").numel(), 3);
  EXPECT_TRUE(bag.has("a"));
  EXPECT_FALSE(bag.has("c"));
}

TEST(Bag, NamesWhatIsThere) {
  Bag bag;
  bag.set("d2", at::ones({1}));
  try {
    bag.get("d3");
    FAIL() << "expected out_of_range";
  } catch (const std::out_of_range& error) {
    EXPECT_THAT(error.what(),
                ::testing::AllOf(::testing::HasSubstr("d3"), ::testing::HasSubstr("d2")));
  }
}

}  // namespace
}  // namespace kdseg::tensor
