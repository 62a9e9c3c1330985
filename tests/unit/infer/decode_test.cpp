#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "infer/predict.h"
#include "unit/infer/networks.h"

namespace {
using namespace kdseg;

/// The on-disk code decoded from one voxel's probabilities.
int decoded(const std::vector<float>& p, const Head& head) {
  const at::Tensor probability = at::tensor(p).view({1, static_cast<int64_t>(p.size()), 1, 1, 1});
  const auto index = infer::decode(probability, head).item<int64_t>();
  return head.codes[static_cast<size_t>(index)];
}

TEST(Decode, SoftmaxTakesTheLikeliestClass) {
  const Head head = test::softmax_head(4);
  EXPECT_EQ(decoded({0.1f, 0.2f, 0.3f, 0.4f}, head), 4);
  EXPECT_EQ(decoded({0.4f, 0.3f, 0.2f, 0.1f}, head), 0);
  EXPECT_EQ(decoded({0.2f, 0.1f, 0.4f, 0.3f}, head), 2);
}

// BraTS regions (WT, TC, ET): TC alone is necrosis, WT alone edema, ET overrules both.
TEST(Decode, RegionsNest) {
  const Head head = test::region_head();
  EXPECT_EQ(decoded({0, 1, 0}, head), 1);
  EXPECT_EQ(decoded({1, 1, 1}, head), 4);
  EXPECT_EQ(decoded({1, 0, 0}, head), 2);
  EXPECT_EQ(decoded({0, 0, 0}, head), 0);
  EXPECT_EQ(decoded({0, 0, 1}, head), 4);
  EXPECT_EQ(decoded({1, 1, 0}, head), 1);
}

TEST(Decode, TheThresholdIsStrict) {
  const Head head = test::region_head();
  EXPECT_EQ(decoded({0.5f, 0.5f, 0.5f}, head), 0);
  EXPECT_EQ(decoded({0.5334f, 0.5f, 0.5f}, head), 2);
}

TEST(Decode, AmongEquallyLargeRegionsTheLikelierWins) {
  const Head organs{Head::Kind::sigmoid, {"left", "right"}, {{1}, {2}}, {0, 500, 600}};
  EXPECT_EQ(decoded({0.6f, 0.9f}, organs), 600);
  EXPECT_EQ(decoded({0.9f, 0.6f}, organs), 500);
  EXPECT_EQ(decoded({0.9f, 0.4f}, organs), 500);
}

TEST(Classes, ComeFromTheHeadOrTheVolume) {
  const ClassTable table = infer::classes_of(test::softmax_head(4), {});
  EXPECT_EQ(table.names[3], "ET");
  EXPECT_EQ(table.codes[3], 4);
  const ClassTable known{{"background", "NCR", "ED", "ET"}, {0, 1, 2, 4}};
  EXPECT_EQ(infer::classes_of(test::region_head(), known), known);
  EXPECT_EQ(infer::classes_of(test::region_head(), {}).names[1], "code 1");
}

}  // namespace
