#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "optim/optimizer.h"

namespace kdseg::optim {
namespace {

struct Toy : torch::nn::Module {
  Toy() {
    a = register_parameter("a", at::tensor({1.0, -2.0, 3.0}, at::kDouble));
    b = register_parameter("b", at::tensor({0.5}, at::kDouble));
  }
  at::Tensor a, b;
};

/// The updates written out for one number. Sources: Kingma & Ba 2014; Loshchilov & Hutter 2017
/// (decoupled); Reddi et al. 2018 (amsgrad: the largest corrected second moment so far, as PyTorch
/// keeps it uncorrected); Polyak's momentum and Nesterov's as PyTorch's SGD documents them.
struct ByHand {
  double value, m = 0, v = 0, largest = 0;
  int t = 0;
  void step(double g, double rate, const Options& o) {
    ++t;
    if (o.name == "adamw")
      value *= 1 - rate * o.weight_decay;
    else
      g += o.weight_decay * value;
    if (o.name == "sgd") {
      m = o.momentum * m + g;
      value -= rate * (o.nesterov ? g + o.momentum * m : m);
      return;
    }
    m = o.beta1 * m + (1 - o.beta1) * g;
    v = o.beta2 * v + (1 - o.beta2) * g * g;
    largest = std::max(largest, v);
    const double second = o.amsgrad ? largest : v;
    const double mean = m / (1 - std::pow(o.beta1, t)),
                 square = second / (1 - std::pow(o.beta2, t));
    value -= rate * mean / (std::sqrt(square) + o.epsilon);
  }
};

double slope(double x, int step) { return 2 * x + std::sin(step); }

void set_gradient(Toy& toy, int step) {
  toy.a.mutable_grad() = at::zeros({3}, at::kDouble);
  for (int64_t i = 0; i < 3; ++i)
    toy.a.mutable_grad()[i].fill_(slope(toy.a[i].item<double>(), step));
}

void expect_formula(const Options& options) {
  Toy toy;
  const auto optimizer = make_optimizer(toy, options);
  std::vector<ByHand> hand{{1.0}, {-2.0}, {3.0}};
  for (int step = 0; step < 5; ++step) {
    const double rate = 0.1 / (1 + step);
    set_gradient(toy, step);
    optimizer->step(rate);
    for (auto& h : hand) h.step(slope(h.value, step), rate, options);
  }
  for (int64_t i = 0; i < 3; ++i)
    EXPECT_NEAR(toy.a[i].item<double>(), hand[static_cast<size_t>(i)].value, 1e-12) << options.name;
  EXPECT_EQ(toy.b.item<double>(), 0.5) << "no gradient, no change, no decay";
}

TEST(Optimizers, FollowTheirFormulas) {
  for (const char* name : {"adam", "adamw"})
    for (const bool amsgrad : {false, true})
      expect_formula({.name = name, .beta1 = 0.5, .amsgrad = amsgrad, .weight_decay = 1e-2});
  for (const double momentum : {0.0, 0.9})
    expect_formula({.name = "sgd", .momentum = momentum, .weight_decay = 1e-2});
  expect_formula({.name = "sgd", .momentum = 0.9, .nesterov = true});
}

TEST(Optimizers, AMisspeltNameNamesTheNearest) {
  Toy toy;
  EXPECT_THAT([&] { make_optimizer(toy, {.name = "adamv"}); },
              testing::ThrowsMessage<UsageError>(testing::HasSubstr("did you mean 'adam")));
}

TEST(Optimizers, GradientsAreClippedByTheirCommonNorm) {
  Toy toy;
  const auto optimizer = make_optimizer(toy, {});
  toy.a.mutable_grad() = at::tensor({0.0, 3.0, 0.0}, at::kDouble);
  toy.b.mutable_grad() = at::tensor({4.0}, at::kDouble);
  EXPECT_DOUBLE_EQ(optimizer->clip_gradients(10), 5);
  EXPECT_EQ(toy.b.grad().item<double>(), 4);
  EXPECT_DOUBLE_EQ(optimizer->clip_gradients(1), 5);
  EXPECT_NEAR(toy.a.grad()[1].item<double>(), 0.6, 1e-12);
  EXPECT_NEAR(toy.b.grad().item<double>(), 0.8, 1e-12);
}

TEST(Optimizers, ZeroGradRemovesGradients) {
  Toy toy;
  const auto optimizer = make_optimizer(toy, {});
  set_gradient(toy, 0);
  optimizer->zero_grad();
  EXPECT_FALSE(toy.a.grad().defined());
}

void expect_continuation(const Options& options, const std::string& slot) {
  Toy whole, first;
  const auto a = make_optimizer(whole, options), b = make_optimizer(first, options);
  io::Tree tree;
  for (int step = 0; step < 6; ++step) {
    set_gradient(whole, step);
    a->step(0.1);
    if (step >= 3) continue;
    set_gradient(first, step);
    b->step(0.1);
  }
  b->save(tree, "/optimizer/student", true);
  EXPECT_TRUE(tree.has("/optimizer/student/" + slot + "/a"));
  Toy second;
  {
    const c10::NoGradGuard no_grad;
    second.a.copy_(first.a);
  }
  const auto c = make_optimizer(second, options);
  c->load(tree, "/optimizer/student");
  EXPECT_TRUE(second.a.grad().equal(first.a.grad())) << "a gradient that waits";
  EXPECT_FALSE(second.b.grad().defined());
  for (int step = 3; step < 6; ++step) {
    set_gradient(second, step);
    c->step(0.1);
  }
  EXPECT_TRUE(second.a.equal(whole.a));
  tree.arrays["/optimizer/student/" + slot + "/a"].shape = {1, 3};
  EXPECT_THROW(c->load(tree, "/optimizer/student"), DataError);
}

TEST(Optimizers, ContinueFromASavedState) {
  expect_continuation({}, "first");
  expect_continuation({.amsgrad = true}, "largest");
  expect_continuation({.name = "sgd"}, "momentum");
}

}  // namespace
}  // namespace kdseg::optim
