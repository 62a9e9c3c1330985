#include "losses/cross_entropy.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/errors.h"
#include "finite_difference.h"

namespace kdseg::losses {
namespace {

const std::vector<double> published{1.0, 59.4507, 23.3190, 71.8481};

/// Three voxels whose losses can be done by hand.
struct Example {
  at::Tensor logits = at::tensor({2., 0., 0., 0., 0., 1., 0., 0., 0., 0., 0., -1.}, at::kDouble)
                          .view({1, 3, 1, 1, 4})
                          .permute({0, 4, 1, 2, 3})
                          .contiguous();
  at::Tensor classes = at::tensor({0, 1, 3}, at::kLong).view({1, 3, 1, 1});
};

/// Logits with some spread and all classes, [2, 4, 2, 3, 5].
struct Field {
  at::Tensor logits = at::sin(at::arange(240, at::kDouble).mul(1.7)).mul(3).view({2, 4, 2, 3, 5});
  at::Tensor classes = at::arange(60, at::kLong).mul(7).remainder(4).view({2, 2, 3, 5});
};

TEST(CrossEntropy, ZeroLogitsGiveLn4) {
  const Field field;
  for (const auto& weights : {std::vector<double>{}, published}) {
    const at::Tensor loss = cross_entropy(field.logits.mul(0), field.classes, weights);
    EXPECT_NEAR(loss.item<double>(), 1.3862943611198906, 1e-12);
  }
}

TEST(CrossEntropy, ThreeVoxels) {
  const Example e;
  EXPECT_NEAR(cross_entropy(e.logits, e.classes, published).item<double>(), 1.5392763, 1e-7);
  EXPECT_NEAR(cross_entropy(e.logits, e.classes, {}).item<double>(), 1.0995682, 1e-7);
}

TEST(CrossEntropy, Float32AgreesWithFloat64) {
  const Field field;
  const at::Tensor narrow = field.logits.to(at::kFloat).requires_grad_(true);
  const at::Tensor wide = field.logits.clone().requires_grad_(true);
  const at::Tensor a = cross_entropy(narrow, field.classes, published);
  const at::Tensor b = cross_entropy(wide, field.classes, published);
  EXPECT_EQ(a.scalar_type(), at::kFloat);
  EXPECT_NEAR(a.item<double>(), b.item<double>(), 1e-6);
  a.mul(3).backward();
  b.mul(3).backward();
  EXPECT_LT(narrow.grad().sub(wide.grad()).abs().max().item<double>(), 1e-7);
}

TEST(CrossEntropy, HugeLogitsStayFinite) {
  const Field field;
  const at::Tensor logits = field.logits.to(at::kFloat).mul(1e4).requires_grad_(true);
  const at::Tensor loss = cross_entropy(logits, field.classes, published);
  loss.backward();
  EXPECT_TRUE(std::isfinite(loss.item<float>()));
  EXPECT_TRUE(std::isfinite(logits.grad().sum().item<float>()));
}

TEST(CrossEntropy, NotANumberIsNotHidden) {
  const Field field;
  at::Tensor logits = field.logits.to(at::kFloat).clone();
  logits.view(-1)[17].fill_(std::numeric_limits<float>::quiet_NaN());
  EXPECT_TRUE(std::isnan(cross_entropy(logits, field.classes, published).item<float>()));
}

TEST(CrossEntropy, HalfLogitsAreWidened) {
  const Field field;
  const at::Tensor half = field.logits.to(at::kBFloat16).requires_grad_(true);
  const at::Tensor loss = cross_entropy(half, field.classes, published);
  EXPECT_EQ(loss.scalar_type(), at::kFloat);
  loss.backward();
  EXPECT_EQ(half.grad().scalar_type(), at::kBFloat16);
}

TEST(CrossEntropy, MemoryLayoutDoesNotMatter) {
  const Field field;
  const at::Tensor strided =
      field.logits.to(at::kFloat).contiguous(at::MemoryFormat::ChannelsLast3d);
  EXPECT_NEAR(cross_entropy(strided, field.classes, published).item<double>(),
              cross_entropy(field.logits, field.classes, published).item<double>(), 1e-6);
}

TEST(CrossEntropy, Gradient) {
  const Field field;
  expect_gradient(field.logits.slice(2, 0, 1).contiguous(), [&](const at::Tensor& x) {
    return cross_entropy(x, field.classes.slice(1, 0, 1), published);
  });
}

TEST(CrossEntropy, RefusesWhatDoesNotFit) {
  const Field f;
  EXPECT_THROW(cross_entropy(f.logits, f.classes.slice(3, 0, 4), published), DataError);
  EXPECT_THROW(cross_entropy(f.logits, f.classes.slice(0, 0, 1), published), DataError);
  EXPECT_THROW(cross_entropy(f.logits, f.classes, std::vector<double>{1, 2}), DataError);
  EXPECT_THROW(cross_entropy(f.logits, f.classes.add(1), published), DataError);
  EXPECT_THROW(cross_entropy(f.logits, f.classes.sub(1), published), DataError);
  try {
    cross_entropy(f.logits, f.classes.slice(3, 0, 4), published);
  } catch (const DataError& error) {
    EXPECT_THAT(error.what(), ::testing::AllOf(::testing::HasSubstr("[2, 4, 2, 3, 5]"),
                                               ::testing::HasSubstr("[2, 2, 3, 4]")));
  }
}

TEST(WeightDecay, PublishedValues) {
  const auto expect = [](int64_t epoch, std::array<double, 3> expected) {
    const auto w = decayed_weights(published, {.per_epoch = 0.98}, epoch, 400);
    EXPECT_EQ(w[0], 1.0);
    for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(w[i + 1], expected[i], 5e-5) << "epoch " << epoch;
  };
  expect(0, {59.4507, 23.3190, 71.8481});
  expect(1, {58.2617, 22.8526, 70.4111});
  expect(10, {48.5756, 19.0533, 58.7051});
  expect(100, {7.8843, 3.0926, 9.5285});
  expect(211, {1, 1, 1.0119});
  expect(212, {1, 1, 1});
}

TEST(WeightDecay, LargestReachesOneAtAFractionOfTheRun) {
  const WeightDecay decay{.to_one_at = 0.53};
  EXPECT_EQ(decayed_weights(published, decay, 0, 100), published);
  EXPECT_GT(decayed_weights(published, decay, 52, 100)[3], 1.05);
  EXPECT_NEAR(decayed_weights(published, decay, 53, 100)[3], 1.0, 1e-12);
  EXPECT_EQ(decayed_weights(published, decay, 54, 100), std::vector<double>(4, 1.0));
}

TEST(WeightDecay, ConstantByDefault) {
  EXPECT_EQ(decayed_weights(published, {}, 300, 400), published);
}

TEST(ClassWeights, FromCounts) {
  EXPECT_THAT(class_weights_from_counts(std::vector<int64_t>{100, 10, 0, 50}),
              ::testing::ElementsAre(1.0, 10.0, 1.0, 2.0));
}

}  // namespace
}  // namespace kdseg::losses
