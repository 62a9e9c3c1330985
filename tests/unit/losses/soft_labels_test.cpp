// Soft labels that are certain equal hard ones, in value and gradient, for every term that reads
// labels.
#include <ATen/ops/log.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/errors.h"
#include "finite_difference.h"
#include "losses/cross_entropy.h"
#include "losses/objective.h"

namespace kdseg::losses {
namespace {

const ClassTable classes{{"background", "NCR", "ED", "ET"}, {0, 1, 2, 4}};

Head regions() {
  return {Head::Kind::sigmoid, {"WT", "TC", "ET"}, {{1, 2, 3}, {1, 3}, {3}}, classes.codes};
}

std::pair<at::Tensor, at::Tensor> value_and_gradient(const Objective& objective, const Head& head,
                                                     const at::Tensor& logits,
                                                     const tensor::Target& target) {
  const tensor::Input input;
  tensor::Output student;
  student.logits = logits.detach().clone().requires_grad_(true);
  const at::Tensor value = objective.value({.input = input,
                                            .student = student,
                                            .target = &target,
                                            .head = head,
                                            .epoch = 1,
                                            .epochs = 4});
  value.backward();
  return {value.detach(), student.logits.grad()};
}

Section section(const std::string& name) {
  Section made{"term", name, "a.ini:1", {}};
  if (name == "cross-entropy")
    made.settings = {{"class-weights", "0.5 59.4507 23.319 71.8481", "a.ini:2"},
                     {"decay", "0.9", "a.ini:3"}};
  return made;
}

std::vector<std::string> terms_of_labels() {
  std::vector<std::string> names;
  for (const auto& row : terms()) {
    const std::vector<Section> one{section(row.name)};
    if (Objective(one).needs_target()) names.push_back(row.name);
  }
  return names;
}

TEST(SoftLabels, CertainOnesEqualHardOnes) {
  at::manual_seed(1);
  const at::Tensor labels = at::randint(0, 4, {2, 6, 5, 4}, at::kLong);
  EXPECT_THAT(terms_of_labels(),
              testing::UnorderedElementsAre("cross-entropy", "dice", "binary-cross-entropy"));
  for (const Head& head : {softmax_head(classes), regions()}) {
    const at::Tensor logits = at::randn({2, head.channels(), 6, 5, 4});
    at::Tensor share = at::one_hot(labels, 4).movedim(-1, 1).to(at::kFloat);
    if (head.kind == Head::Kind::sigmoid)
      share = at::stack({share.slice(1, 1, 4).sum(1), share.select(1, 1) + share.select(1, 3),
                         share.select(1, 3)},
                        1);
    for (const auto& name : terms_of_labels()) {
      if (head.kind == Head::Kind::sigmoid && name == "cross-entropy") continue;
      const std::vector<Section> one{section(name)};
      const Objective objective(one);
      tensor::Target hard, soft;
      hard.classes = soft.classes = labels;
      soft.share = share;
      const auto [value, gradient] = value_and_gradient(objective, head, logits, hard);
      const auto [soft_value, soft_gradient] = value_and_gradient(objective, head, logits, soft);
      EXPECT_NEAR(soft_value.item<double>() / value.item<double>(), 1, 1e-6) << name;
      EXPECT_LE((soft_gradient - gradient).abs().max().item<double>(),
                1e-6 * gradient.abs().max().item<double>())
          << name;
      // A term that passed over the shares would give the same for any.
      soft.share = share * 0.5 + 0.25;
      EXPECT_GT(std::abs(value_and_gradient(objective, head, logits, soft).first.item<double>() -
                         value.item<double>()),
                1e-3)
          << name;
    }
  }
}

TEST(SoftLabels, CrossEntropyOfSharesIsTheWeightedMeanOfLogarithms) {
  // One voxel, two classes: p = 0.75, 0.25, shares 0.6, 0.4, weights 1 and 3.
  const at::Tensor logits = at::log(at::tensor({0.75, 0.25}, at::kDouble)).view({1, 2, 1});
  const at::Tensor share = at::tensor({0.6, 0.4}, at::kDouble).view({1, 2, 1});
  const std::vector<double> weights{1, 3};
  EXPECT_NEAR(soft_cross_entropy(logits, share, {}).item<double>(),
              0.6 * 0.28768207245178 + 0.4 * 1.38629436111989, 1e-12);
  EXPECT_NEAR(soft_cross_entropy(logits, share, weights).item<double>(),
              (0.6 * 0.28768207245178 + 1.2 * 1.38629436111989) / 1.8, 1e-12);
}

TEST(SoftLabels, CrossEntropyHasTheGradientOfItsValue) {
  const at::Tensor share = at::softmax(at::randn({1, 3, 2, 2}, at::kDouble), 1);
  const std::vector<double> weights{1, 2.5, 0.5};
  expect_gradient(at::randn({1, 3, 2, 2}, at::kDouble),
                  [&](const at::Tensor& x) { return soft_cross_entropy(x, share, weights); });
}

TEST(SoftLabels, CrossEntropyNamesShapesThatDiffer) {
  EXPECT_THAT(
      [] {
        soft_cross_entropy(at::randn({1, 3, 2, 2}), at::rand({1, 2, 2, 2}), {});
      },
      testing::ThrowsMessage<DataError>(testing::HasSubstr("[1, 3, 2, 2], shares [1, 2, 2, 2]")));
}

}  // namespace
}  // namespace kdseg::losses
