#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <cmath>
#include <limits>

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

/// Adam written out for one number. Source: Kingma & Ba 2014; Loshchilov & Hutter 2017 (decoupled).
struct ByHand {
  double value, m = 0, v = 0;
  int t = 0;
  void step(double g, double rate, const AdamOptions& o) {
    ++t;
    if (o.decoupled)
      value *= 1 - rate * o.weight_decay;
    else
      g += o.weight_decay * value;
    m = o.beta1 * m + (1 - o.beta1) * g;
    v = o.beta2 * v + (1 - o.beta2) * g * g;
    const double mean = m / (1 - std::pow(o.beta1, t)), square = v / (1 - std::pow(o.beta2, t));
    value -= rate * mean / (std::sqrt(square) + o.epsilon);
  }
};

double slope(double x, int step) { return 2 * x + std::sin(step); }

void set_gradient(Toy& toy, int step) {
  toy.a.mutable_grad() = at::zeros({3}, at::kDouble);
  for (int64_t i = 0; i < 3; ++i)
    toy.a.mutable_grad()[i].fill_(slope(toy.a[i].item<double>(), step));
}

TEST(Adam, FollowsTheFormula) {
  for (const bool decoupled : {false, true}) {
    const AdamOptions options{
        .beta1 = 0.5, .beta2 = 0.999, .weight_decay = 1e-2, .decoupled = decoupled};
    Toy toy;
    Adam adam(toy, options);
    std::vector<ByHand> hand{{1.0}, {-2.0}, {3.0}};
    for (int step = 0; step < 5; ++step) {
      const double rate = 0.1 / (1 + step);
      set_gradient(toy, step);
      adam.step(rate);
      for (auto& h : hand) h.step(slope(h.value, step), rate, options);
    }
    for (int64_t i = 0; i < 3; ++i)
      EXPECT_NEAR(toy.a[i].item<double>(), hand[static_cast<size_t>(i)].value, 1e-12);
    EXPECT_EQ(toy.b.item<double>(), 0.5) << "no gradient, no change, no decay";
  }
}

TEST(Adam, ZeroGradRemovesGradients) {
  Toy toy;
  Adam adam(toy, {});
  set_gradient(toy, 0);
  adam.zero_grad();
  EXPECT_FALSE(toy.a.grad().defined());
}

TEST(Adam, SeesGradientsThatAreNotFinite) {
  Toy toy;
  Adam adam(toy, {});
  EXPECT_TRUE(adam.gradients_finite());
  set_gradient(toy, 0);
  EXPECT_TRUE(adam.gradients_finite());
  toy.a.mutable_grad()[1].fill_(std::numeric_limits<double>::infinity());
  EXPECT_FALSE(adam.gradients_finite());
}

TEST(Adam, ContinuesFromASavedState) {
  Toy whole, first;
  Adam a(whole, {}), b(first, {});
  io::Tree tree;
  for (int step = 0; step < 6; ++step) {
    set_gradient(whole, step);
    a.step(0.1);
    if (step >= 3) continue;
    set_gradient(first, step);
    b.step(0.1);
  }
  b.save(tree, "/optimizer/student");
  EXPECT_TRUE(tree.has("/optimizer/student/first/a"));
  Toy second;
  {
    const c10::NoGradGuard no_grad;
    second.a.copy_(first.a);
  }
  Adam c(second, {});
  c.load(tree, "/optimizer/student");
  for (int step = 3; step < 6; ++step) {
    set_gradient(second, step);
    c.step(0.1);
  }
  EXPECT_TRUE(second.a.equal(whole.a));
  tree.arrays["/optimizer/student/first/a"].shape = {1, 3};
  EXPECT_THROW(c.load(tree, "/optimizer/student"), DataError);
}

}  // namespace
}  // namespace kdseg::optim
