// The fast kernels against LibTorch's own in float64: outputs and gradients, operation by operation
// and for whole networks.
#include <ATen/Parallel.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/frac.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/norm.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/var.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "losses/adversarial.h"
#include "losses/cross_entropy.h"
#include "models/catalog.h"
#include "models/cpu/winograd.h"
#include "models/functions/convolution.h"
#include "models/functions/normalization.h"
#include "models/functions/resampling.h"
#include "models/networks/patch_discriminator.h"
#include "models/networks/unet.h"
#include "tensor/noise.h"

namespace kdseg::models {
namespace {

/// Largest difference over the largest value.
double difference(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor wide = b.to(at::kDouble);
  return a.to(at::kDouble).sub(wide).abs().max().item<double>() /
         std::max(wide.abs().max().item<double>(), 1e-12);
}

/// Values in [-0.5, 0.5) without visible pattern: sums of smooth ones would cancel.
at::Tensor noisy(at::IntArrayRef shape, double seed) {
  int64_t count = 1;
  for (const int64_t side : shape) count *= side;
  return at::sin(at::arange(count, at::kDouble).mul(12.9898).add(seed))
      .mul(43758.5453)
      .frac()
      .view(shape)
      .mul(0.5);
}

using Operation = std::function<at::Tensor(const std::vector<at::Tensor>&, Route)>;

/// Runs an operation fast in float32 and plainly in float64; compares results and gradients.
void expect_same(const Operation& operation, const std::vector<at::Tensor>& inputs,
                 double tolerance) {
  const auto run = [&](at::ScalarType type, Route route) {
    std::vector<at::Tensor> leaves;
    for (const auto& t : inputs) leaves.push_back(t.to(type).clone().requires_grad_(true));
    const at::Tensor y = operation(leaves, route);
    auto results = torch::autograd::grad({y}, leaves, {noisy(y.sizes(), 0.7).to(type)});
    results.push_back(y.detach());
    return results;
  };
  const auto fast = run(at::kFloat, Route::automatic), plain = run(at::kDouble, Route::plain);
  for (size_t i = 0; i < fast.size(); ++i) {
    ASSERT_EQ(fast[i].sizes(), plain[i].sizes());
    EXPECT_LT(difference(fast[i], plain[i]), tolerance)
        << (i < inputs.size() ? "gradient " + std::to_string(i) : "result");
  }
}

void expect_same_convolution(at::IntArrayRef x, int64_t outputs) {
  SCOPED_TRACE(::testing::PrintToString(x.vec()));
  expect_same([](const auto& t, Route r) { return convolve(t[0], t[1], t[2], 1, 1, r); },
              {noisy(x, 0.31), noisy({outputs, x[1], 3, 3, 3}, 1.3), noisy({outputs}, 2)}, 2e-5);
}

TEST(Routes, ConvolutionsOfThreeTaps) {
  expect_same_convolution({1, 4, 16, 16, 16}, 8);
  expect_same_convolution({1, 4, 8, 8, 48}, 8);
  expect_same_convolution({1, 5, 9, 10, 13}, 11);  // no side a multiple of the tile
  expect_same_convolution({2, 8, 8, 12, 24}, 3);
  expect_same_convolution({1, 3, 6, 6, 6}, 17);
  expect_same_convolution({1, 3, 3, 3, 3}, 5);  // too small for tiles
  expect_same_convolution({1, 3, 2, 3, 2}, 5);
}

TEST(Routes, OtherConvolutions) {
  expect_same([](const auto& t, Route r) { return convolve(t[0], t[1], t[2], 1, 0, r); },
              {noisy({2, 8, 6, 5, 7}, 0.31), noisy({4, 8, 1, 1, 1}, 1.3), noisy({4}, 2)}, 2e-5);
  expect_same([](const auto& t, Route r) { return convolve(t[0], t[1], t[2], 2, 1, r); },
              {noisy({1, 7, 8, 8, 8}, 0.31), noisy({5, 7, 4, 4, 4}, 1.3), noisy({5}, 2)}, 2e-5);
}

TEST(Routes, TwoMaskedPartsAreOneConvolution) {
  const at::Tensor left = at::tensor({0., 1.25, 1.25, 1.25, 0., 0.}, at::kDouble).view({2, 3});
  const at::Tensor right = at::tensor({1.25, 0., 0., 1.25}, at::kDouble).view({2, 2});
  expect_same(
      [&](const auto& t, Route r) {
        return convolve_3({t[0], t[2], left.to(t[0].scalar_type())},
                          {t[1], t[3], right.to(t[0].scalar_type())}, t[4], r);
      },
      {noisy({2, 3, 8, 9, 10}, 0.3), noisy({2, 2, 8, 9, 10}, 0.4), noisy({6, 3, 3, 3, 3}, 1.1),
       noisy({6, 2, 3, 3, 3}, 1.2), noisy({6}, 2)},
      2e-5);
}

// Taking what is dropped away from the whole, for one and for two parts; the second sample drops
// more than it keeps and goes the other way.
TEST(Routes, MaskedPartsFromTheirWhole) {
  const c10::NoGradGuard no_grad;
  const at::Tensor x = noisy({1, 5, 8, 9, 16}, 0.3).to(at::kFloat);
  const at::Tensor w = noisy({6, 5, 3, 3, 3}, 1.1).to(at::kFloat);
  const at::Tensor b = noisy({6}, 2).to(at::kFloat);
  const at::Tensor mask =
      at::tensor({0.f, 1.25f, 1.25f, 1.25f, 0.f, 0.f, 0.f, 0.f, 1.25f, 0.f}).view({2, 5});
  const Part part{x, w, mask};
  Part known = part;
  known.whole = convolve_3({x, w, {}}, {});
  ASSERT_TRUE(uses_whole(x, Route::automatic));
  EXPECT_LT(difference(convolve_3(known, b), convolve_3(part, b, Route::plain)), 2e-5);
  EXPECT_LT(difference(convolve_3(known, part, b), convolve_3(part, part, b, Route::plain)), 2e-5);
  EXPECT_LT(difference(convolve_3(known, known, b), convolve_3(part, part, b, Route::plain)), 2e-5);
}

TEST(Routes, APartOfOneMeetsEverySampleOfTheOther) {
  const c10::NoGradGuard no_grad;
  const at::Tensor one = noisy({1, 3, 8, 9, 10}, 0.3), two = noisy({2, 2, 8, 9, 10}, 0.4);
  const at::Tensor a = noisy({6, 3, 3, 3, 3}, 1.1), b = noisy({6, 2, 3, 3, 3}, 1.2);
  const auto sum = [&](at::ScalarType type, Route route) {
    return convolve_3({one.to(type), a.to(type), {}}, {two.to(type), b.to(type), {}}, {}, route);
  };
  const at::Tensor exact =
      convolve_3({one, a, {}}, {}, Route::plain).add(convolve_3({two, b, {}}, {}, Route::plain));
  EXPECT_LT(difference(sum(at::kDouble, Route::plain), exact), 1e-12);
  EXPECT_LT(difference(sum(at::kFloat, Route::automatic), exact), 2e-5);
}

TEST(Routes, PointwiseWithoutGradients) {
  const at::Tensor x = noisy({2, 8, 11, 12, 13}, 0.31), w = noisy({4, 8, 1, 1, 1}, 1.3);
  const at::Tensor b = noisy({4}, 2);
  const at::Tensor exact = convolve(x, w, b, 1, 0, Route::plain);
  const c10::NoGradGuard no_grad;
  EXPECT_LT(difference(convolve(x.to(at::kFloat), w.to(at::kFloat), b.to(at::kFloat), 1, 0), exact),
            1e-6);
}

TEST(Routes, EverythingDropped) {
  const at::Tensor none = at::zeros_like(noisy({1, 3}, 1));
  const at::Tensor bias = noisy({2}, 1).add(1).to(at::kFloat);
  const at::Tensor y = convolve_3({noisy({1, 3, 8, 8, 8}, 1).to(at::kFloat),
                                   noisy({2, 3, 3, 3, 3}, 1).to(at::kFloat), none.to(at::kFloat)},
                                  bias);
  EXPECT_TRUE(y.equal(bias.view({1, 2, 1, 1, 1}).expand_as(y)));
}

TEST(Routes, NormAndLeakyRelu) {
  for (const double shift : {0.0, 30.0})
    expect_same(
        [](const auto& t, Route r) { return instance_norm_leaky(t[0], t[1], t[2], 0.01, r); },
        {noisy({2, 3, 5, 6, 7}, 0.31).add(shift), noisy({3}, 1).add(1.5), noisy({3}, 2)}, 2e-5);
  expect_same([](const auto& t, Route r) { return instance_norm_leaky(t[0], {}, {}, 0.2, r); },
              {noisy({1, 3, 12, 12, 12}, 0.31)}, 2e-5);
}

// Mean and variance on the way of a convolution: also beside a large mean, for odd sizes, for
// several samples, and the same for any number of threads.
TEST(Routes, AConvolutionKnowsTheSpreadOfItsMaps) {
  const c10::NoGradGuard no_grad;
  for (const std::vector<int64_t>& shape :
       {std::vector<int64_t>{2, 3, 5, 6, 7}, {1, 5, 9, 13, 16}, {1, 2, 3, 3, 3}}) {
    const at::Tensor x = noisy(shape, 0.31).to(at::kFloat);
    const at::Tensor w = noisy({6, shape[1], 3, 3, 3}, 1.1).to(at::kFloat);
    const at::Tensor b = noisy({6}, 2).add(1000).to(at::kFloat);
    at::Tensor spread, again;
    const at::Tensor y = convolve_3({x, w, {}}, b, Route::automatic, &spread);
    const at::Tensor maps = y.to(at::kDouble).flatten(2).flatten(0, 1);
    ASSERT_EQ(spread.sizes(), (std::vector<int64_t>{shape[0] * 6, 2}));
    EXPECT_LT((spread.select(1, 0) - maps.mean(1)).abs().max().item<double>(), 1e-4);
    EXPECT_LT(difference(spread.select(1, 1), maps.var(1, false)), 1e-5);
    const int threads = at::get_num_threads();
    at::set_num_threads(3);
    convolve_3({x, w, {}}, b, Route::automatic, &again);
    at::set_num_threads(threads);
    EXPECT_TRUE(spread.equal(again));
  }
  at::Tensor none;
  convolve_3({noisy({1, 3, 8, 8, 8}, 1), noisy({2, 3, 3, 3, 3}, 1), {}}, {}, Route::plain, &none);
  EXPECT_FALSE(none.defined());
}

// A norm and a LeakyReLU that are left to the next convolution, with and without a second part that
// waits for nothing; borders are padded with zeros, not with what becomes of zeros.
TEST(Routes, AConvolutionNormsWhatItReads) {
  const c10::NoGradGuard no_grad;
  const at::Tensor x = noisy({2, 3, 9, 10, 19}, 0.31).to(at::kFloat);
  const at::Tensor w = noisy({5, 3, 3, 3, 3}, 1.1).to(at::kFloat);
  const at::Tensor next = noisy({4, 5, 3, 3, 3}, 0.7).to(at::kFloat);
  const at::Tensor other = noisy({2, 3, 9, 10, 19}, 0.6).to(at::kFloat),
                   other_weight = noisy({4, 3, 3, 3, 3}, 0.2).to(at::kFloat);
  const at::Tensor scale = noisy({5}, 1).add(1.5).to(at::kFloat),
                   shift = noisy({5}, 2).add(3.0).to(at::kFloat);
  at::Tensor spread;
  const at::Tensor y = convolve_3({x, w, {}}, {}, Route::automatic, &spread);
  const at::Tensor exact = instance_norm_leaky(y.to(at::kDouble), scale.to(at::kDouble),
                                               shift.to(at::kDouble), 0.01, Route::plain);
  ASSERT_TRUE(spread.defined());
  const Part waiting{.x = y,
                     .weight = next,
                     .mask = {},
                     .activation = waiting_norm(spread, scale, shift, 5, 0.01)};
  const at::Tensor alone = convolve(exact, next.to(at::kDouble), {}, 1, 1, Route::plain);
  const at::Tensor both =
      alone + convolve(other.to(at::kDouble), other_weight.to(at::kDouble), {}, 1, 1, Route::plain);
  for (const Route route : {Route::automatic, Route::plain}) {
    EXPECT_LT(difference(convolve_3(waiting, {}, route), alone), 1e-4);
    EXPECT_LT(difference(convolve_3(waiting, {other, other_weight, {}}, {}, route), both), 1e-4);
  }
  EXPECT_LT(difference(activated(y.clone(), waiting.activation), exact), 2e-5);
}

// Two parts behind dropout whose sum without it is known: what is dropped is taken away, where less
// is dropped than kept.
TEST(Routes, DropsFromTheSumOfTwoParts) {
  const c10::NoGradGuard no_grad;
  const at::Tensor a = noisy({1, 6, 9, 10, 16}, 0.31).to(at::kFloat),
                   b = noisy({1, 6, 9, 10, 16}, 0.77).to(at::kFloat);
  const at::Tensor wa = noisy({5, 6, 3, 3, 3}, 1.1).to(at::kFloat),
                   wb = noisy({5, 6, 3, 3, 3}, 0.4).to(at::kFloat);
  at::Tensor left = at::full({3, 6}, 1.25f), right = at::full({3, 6}, 1.25f);
  left[0][2] = left[2][4] = right[0][0] = right[0][5] = 0.0f;
  right[1].zero_();
  left[1][0] = 0.0f;  // sample 1 drops more than half; sample 2 one channel of one part
  const at::Tensor whole = convolve_3({a, wa, {}}, {b, wb, {}}, {});
  const at::Tensor plain =
      convolve_3({a.to(at::kDouble), wa.to(at::kDouble), left.to(at::kDouble)},
                 {b.to(at::kDouble), wb.to(at::kDouble), right.to(at::kDouble)}, {}, Route::plain);
  const at::Tensor taken =
      convolve_3({a, wa, left}, {b, wb, right}, {}, Route::automatic, nullptr, whole);
  EXPECT_LT(difference(taken, plain), 1e-4);
  // The sum was used: with a wrong one the result is wrong where channels are taken away.
  const at::Tensor wrong =
      convolve_3({a, wa, left}, {b, wb, right}, {}, Route::automatic, nullptr, whole + 1.0);
  EXPECT_NEAR((wrong - taken)[0].mean().item<double>(), 1.25, 1e-3);
  EXPECT_NEAR((wrong - taken)[1].abs().max().item<double>(), 0.0, 1e-6);
}

// The norm of a map whose spread is known, alone and with a 1x1x1 convolution behind it, whose
// softmax may go into a sum.
TEST(Routes, NormFromAKnownSpread) {
  const c10::NoGradGuard no_grad;
  const at::Tensor x = noisy({2, 3, 9, 10, 13}, 0.31).to(at::kFloat);
  const at::Tensor w = noisy({5, 3, 3, 3, 3}, 1.1).to(at::kFloat);
  const at::Tensor scale = noisy({5}, 1).add(1.5).to(at::kFloat),
                   shift = noisy({5}, 2).to(at::kFloat);
  const at::Tensor mix = noisy({4, 5, 1, 1, 1}, 3).to(at::kFloat),
                   bias = noisy({4}, 4).to(at::kFloat);
  at::Tensor spread;
  const at::Tensor y = convolve_3({x, w, {}}, {}, Route::automatic, &spread);
  const at::Tensor exact = instance_norm_leaky(y.to(at::kDouble), scale.to(at::kDouble),
                                               shift.to(at::kDouble), 0.01, Route::plain);
  const at::Tensor logits =
      convolve(exact, mix.to(at::kDouble), bias.to(at::kDouble), 1, 0, Route::plain);
  const at::Tensor waits = waiting_norm(spread, scale, shift, 5, 0.01);
  EXPECT_LT(difference(activated(y.clone(), waits), exact), 2e-5);
  const Part part{.x = y, .weight = mix, .mask = {}, .activation = waits};
  EXPECT_LT(difference(convolve_1(part, bias), logits), 2e-5);
  const Part done{exact.to(at::kFloat), mix, {}};
  for (const Part& read : {part, done}) {
    at::Tensor sum = at::zeros({1, 4, 9, 10, 13});
    add_softmax_of_convolve_1(read, bias, Route::automatic, sum);
    EXPECT_LT(difference(sum, at::softmax(logits, 1).sum(0, true)), 2e-5);
  }
  const at::Tensor broken = at::full_like(spread, std::numeric_limits<double>::quiet_NaN());
  EXPECT_TRUE(
      activated(y.clone(), waiting_norm(broken, scale, shift, 5, 0.01)).isnan().all().item<bool>());
}

TEST(Routes, NormDoesNotHideNotANumber) {
  at::Tensor x = noisy({1, 1, 8, 8, 8}, 0.3).to(at::kFloat).clone();
  x.view(-1)[5].fill_(std::numeric_limits<float>::quiet_NaN());
  EXPECT_TRUE(instance_norm_leaky(x, {}, {}, 0.01).isnan().all().item<bool>());
}

TEST(Routes, PoolAndUpsample) {
  expect_same([](const auto& t, Route r) { return max_pool_2(t[0], r); },
              {noisy({2, 3, 4, 6, 8}, 0.31)}, 1e-6);
  expect_same([](const auto& t, Route r) { return max_pool_2(t[0], r); },
              {noisy({1, 2, 5, 6, 7}, 0.31)}, 1e-6);
  const at::Tensor fine = noisy({2, 1, 4, 6, 8}, 1), odd = noisy({2, 1, 5, 6, 8}, 1);
  for (const auto& like : {fine, odd})
    expect_same([&](const auto& t, Route r) { return upsample_like(t[0], like, r); },
                {noisy({2, 3, 2, 3, 4}, 0.31)}, 1e-6);
}

TEST(Routes, EveryInstructionSetAgrees) {
  const cpu::Size size{7, 10, 13};
  const at::Tensor x = noisy({5, size.voxels()}, 0.3).to(at::kFloat);
  const at::Tensor w = noisy({11, 5, 27}, 1.1).to(at::kFloat);
  std::vector<const float*> in;
  std::vector<cpu::WeightView> views;
  for (int64_t c = 0; c < 5; ++c) {
    in.push_back(x[c].const_data_ptr<float>());
    views.push_back({w.const_data_ptr<float>() + c * 27, 5 * 27, false, 1.0f});
  }
  const at::Tensor expected =
      convolve(x.view({1, 5, 7, 10, 13}), w.view({11, 5, 3, 3, 3}), {}, 1, 1, Route::plain);
  int count = 0;
  const cpu::Kernels* const* sets = cpu::all_kernels(&count);
  for (int i = 0; i < count; ++i) {
    at::Tensor y = at::zeros_like(expected);
    std::vector<float*> out;
    for (int64_t o = 0; o < 11; ++o) out.push_back(y[0][o].mutable_data_ptr<float>());
    cpu::convolve(*sets[i], in, cpu::transform_weights(*sets[i], views, 11), nullptr, out, size);
    EXPECT_LT(difference(y, expected), 2e-5) << sets[i]->name;
  }
}

struct Pass {
  at::Tensor logits, loss;
  std::vector<std::pair<std::string, at::Tensor>> gradients;
};

/// Student and discriminator forward and backward at width 4 with dropout.
Pass run(bool plain, at::ScalarType type) {
  const auto network = make_unet({.in_channels = 3, .width = 4, .plain = plain});
  const auto judge = make_patch_discriminator({.width = 4, .plain = plain});
  initialize(*network, 4);
  initialize(*judge, 4);
  network->module().to(type);
  judge->module()->to(type);
  tensor::Noise noise(9, {5});
  const tensor::Input input{.image = noisy({1, 3, 32, 32, 32}, 0.013).to(type), .noise = &noise};
  const auto needs = judge->needs();
  const auto out = network->forward(input, needs);
  const at::Tensor labels = at::arange(32 * 32 * 32, at::kLong).remainder(4).view({1, 32, 32, 32});
  const at::Tensor loss =
      losses::cross_entropy(out.logits, labels, std::vector<double>{1, 60, 23, 72})
          .add(losses::adversarial_term(judge->forward(input.image, out)), 0.2);
  loss.backward();
  Pass pass{out.logits.detach(), loss.detach(), {}};
  for (const auto& item : network->module().named_parameters())
    pass.gradients.emplace_back(item.key(), item.value().grad());
  for (const auto& item : judge->module()->named_parameters())
    pass.gradients.emplace_back(item.key(), item.value().grad());
  return pass;
}

TEST(Routes, NetworksAgree) {
  const Pass fast = run(false, at::kFloat), exact = run(true, at::kDouble);
  EXPECT_LT(difference(fast.logits, exact.logits), 1e-4);
  EXPECT_NEAR(fast.loss.item<double>(), exact.loss.item<double>(), 1e-5);
  ASSERT_EQ(fast.gradients.size(), exact.gradients.size());
  for (size_t i = 0; i < fast.gradients.size(); ++i) {
    const auto& [name, gradient] = fast.gradients[i];
    const at::Tensor& other = exact.gradients[i].second;
    // A bias before instance norm has gradient 0: what is left is rounding.
    if (other.abs().max().item<double>() < 1e-7) continue;
    // Rounding moves a few values across the kinks of LeakyReLU and pooling: gradients of a whole
    // network agree less closely than those of its operations, for any float32 kernels.
    EXPECT_LT(at::norm(gradient.to(at::kDouble).sub(other)).item<double>(),
              1e-2 * at::norm(other).item<double>())
        << name;
  }
}

TEST(Routes, ResultsDoNotDependOnTheNumberOfThreads) {
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const Pass one = run(false, at::kFloat);
  at::set_num_threads(3);
  const Pass three = run(false, at::kFloat);
  at::set_num_threads(before);
  EXPECT_TRUE(one.logits.equal(three.logits));
}

}  // namespace
}  // namespace kdseg::models
