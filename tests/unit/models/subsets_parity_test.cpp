// Values of an independent float64 implementation of U-HeMIS and U-HVED, width 8, 16 cubed:
// tests/reference/parity.py computes them.
#include <ATen/TensorOperators.h>
#include <ATen/ops/norm.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <cmath>

#include "filled.h"
#include "losses/objective.h"
#include "losses/weight_penalty.h"
#include "models/functions/linear.h"
#include "models/networks/subsets/u_hemis.h"
#include "models/networks/subsets/u_hved.h"
#include "tensor/noise.h"

namespace kdseg::models {
namespace {

void expect_close(double value, double expected, double relative = 1e-6) {
  EXPECT_NEAR(value, expected, relative * std::abs(expected) + 6e-9);
}

double norm_of(const at::Tensor& x) { return at::norm(x).item<double>(); }

at::Tensor images() { return wave({1, 4, 16, 16, 16}, 0, 1, 0.011, 0); }

/// Given images of T1, T1c, T2 and Flair.
at::Tensor only(std::initializer_list<double> given) {
  return at::tensor(given, at::kDouble).view({1, 4});
}
const at::Tensor all = only({1, 1, 1, 1}), t1c = only({0, 1, 0, 0}),
                 without_t1c = only({1, 0, 1, 1});

std::shared_ptr<Network> filled(std::shared_ptr<Network> network) {
  fill_by_formula(network->module());
  return network;
}

void expect_logits(const at::Tensor& logits, double mean, double norm,
                   std::array<double, 4> center) {
  expect_close(logits.mean().item<double>(), mean);
  expect_close(norm_of(logits), norm);
  for (int64_t k = 0; k < 4; ++k)
    EXPECT_NEAR(logits[0][k][8][8][8].item<double>(), center[static_cast<size_t>(k)], 1e-8);
}

void expect_map(const at::Tensor& map, double mean, double norm) {
  expect_close(map.mean().item<double>(), mean);
  expect_close(norm_of(map), norm);
}

/// Losses of both networks' training, unweighted, by name.
struct Losses {
  explicit Losses(const tensor::Input& input, const tensor::Output& output, bool variational) {
    std::vector<Section> sections{{"term", "cross-entropy", "", {}},
                                  {"term", "dice", "", {{"denominator", "squared", ""}}}};
    if (variational) {
      sections.push_back({"term", "latent-kl", "", {{"weight", "0.1", ""}}});
      sections.push_back({"term", "reconstruction", "", {{"weight", "0.1", ""}}});
    }
    const tensor::Target target{
        .classes = at::arange(4096, at::kLong).remainder(4).view({1, 16, 16, 16}), .share = {}};
    const Head head{Head::Kind::softmax, {"a", "b", "c", "d"}, {{0}, {1}, {2}, {3}}, {0, 1, 2, 3}};
    total = losses::Objective(sections).value(
        {.input = input, .student = output, .target = &target, .head = head}, &parts);
  }
  double operator[](const std::string& name) const {
    for (const auto& [part, value] : parts)
      if (part == name) return value.item<double>();
    return std::nan("");
  }
  std::vector<std::pair<std::string, at::Tensor>> parts;
  at::Tensor total;
};

double gradient_norm(Network& network, const std::string& name) {
  const auto& gradient = network.module().named_parameters()[name].grad();
  return gradient.defined() ? norm_of(gradient) : 0.0;
}

struct HemisCase {
  at::Tensor present;
  double mean, norm;
  std::array<double, 4> center;
  std::array<double, 2> fine, coarse, losses;  ///< fused levels 0 and 3; cross-entropy and Dice
};

TEST(UHemisParity, EverySubset) {
  const c10::NoGradGuard no_grad;
  const auto network = filled(make_u_hemis({}));
  const std::vector<HemisCase> cases{{all,
                                      0.0007018334,
                                      17.28497973,
                                      {.07087404, .06526004, -.05903958, -.07596647},
                                      {0.0892572094, 48.17995574},
                                      {0.2330823680, 10.74287415},
                                      {1.39509060, .60136438}},
                                     {t1c,
                                      0.0005361951,
                                      15.89862957,
                                      {-.00747467, -.59591835, -.10059110, .57767683},
                                      {-0.0090676655, 67.38900302},
                                      {0.0014380328, 14.21964557},
                                      {1.39360170, .60110756}},
                                     {without_t1c,
                                      0.0006123639,
                                      16.72724992,
                                      {.02828959, .17234061, .00296322, -.17180325},
                                      {0.0921439680, 48.81375275},
                                      {0.2610536341, 10.96640496},
                                      {1.39455604, .60128627}}};
  for (const auto& c : cases) {
    const tensor::Input input{.image = images(), .present = c.present};
    const auto out = network->forward(input, network->extras());
    expect_logits(out.logits, c.mean, c.norm, c.center);
    expect_map(out.extra.get("fused-0"), c.fine[0], c.fine[1]);
    expect_map(out.extra.get("fused-3"), c.coarse[0], c.coarse[1]);
    const Losses losses(input, out, false);
    expect_close(losses["cross-entropy"], c.losses[0]);
    expect_close(losses["dice"], c.losses[1]);
  }
}

TEST(UHemisParity, HalfPixelUpsampling) {
  const c10::NoGradGuard no_grad;
  const auto network = filled(make_u_hemis({.grid = LinearGrid::half_pixel}));
  expect_close(norm_of(network->forward({.image = images()}).logits), 16.48011245);
}

TEST(UHemisParity, GradientsOfASubset) {
  const auto network = filled(make_u_hemis({}));
  const tensor::Input input{.image = images(), .present = t1c};
  Losses(input, network->forward(input), false).total.backward();
  EXPECT_EQ(gradient_norm(*network, "enc.0.conv_0.weight"), 0);
  EXPECT_NEAR(gradient_norm(*network, "enc.1.conv_0.weight"), .00201811, 6e-9);
  expect_close(gradient_norm(*network, "dec.seg.final.weight"), .20392065);
}

struct HvedCase {
  at::Tensor present;
  double mean, norm;
  std::array<double, 4> center;
  std::array<double, 2> image, fine, coarse;  ///< T1 decoder, z levels 0 and 3
  double cross_entropy, dice, kl, squared_error, total;
};

const std::vector<HvedCase>& hved_cases() {
  static const std::vector<HvedCase> cases{{all,
                                            0.0006099265,
                                            2.48498734,
                                            {-.00181139, .09070645, .01826039, -.08739506},
                                            {-0.0019416776, 0.61012184},
                                            {-0.1336702057, 38.12018988},
                                            {-0.0010437096, 0.27237504},
                                            1.38636045,
                                            .59998630,
                                            .24276716 + .36655747,
                                            .50178342,
                                            2.09745756},
                                           {t1c,
                                            0.0006347801,
                                            2.88254171,
                                            {-.00593377, .03991510, .01317210, -.03752643},
                                            {-0.0019609888, 0.63022386},
                                            {-0.0564081816, 36.50817117},
                                            {-0.0004751818, 1.08450862},
                                            1.38639194,
                                            .59998371,
                                            .92489631 + .36655747,
                                            .50198064,
                                            2.16571910}};
  return cases;
}

TEST(UHvedParity, MeansAndLosses) {
  const c10::NoGradGuard no_grad;
  const auto network = filled(make_u_hved({}));
  for (const auto& c : hved_cases()) {
    const tensor::Input input{.image = images(), .present = c.present};
    const auto out = network->forward(input, network->extras());
    expect_logits(out.logits, c.mean, c.norm, c.center);
    expect_map(out.extra.get("reconstruction").select(1, 0), c.image[0], c.image[1]);
    expect_map(out.extra.get("fused-0"), c.fine[0], c.fine[1]);
    expect_map(out.extra.get("fused-3"), c.coarse[0], c.coarse[1]);
    const Losses losses(input, out, true);
    expect_close(losses["cross-entropy"], c.cross_entropy);
    expect_close(losses["dice"], c.dice);
    expect_close(losses["latent-kl"], c.kl);
    expect_close(losses["reconstruction"], c.squared_error);
    expect_close(losses.total.item<double>(), c.total);
  }
}

TEST(UHvedParity, WeightPenaltyOfBothNetworks) {
  const c10::NoGradGuard no_grad;
  const auto penalty = [](const std::shared_ptr<Network>& network) {
    std::vector<at::Tensor> weights;
    for (const auto& p : filled(network)->module().parameters())
      if (p.dim() == 5) weights.push_back(p);
    return losses::weight_penalty(weights).item<double>();
  };
  expect_close(penalty(make_u_hemis({})), 3.280755e-04);
  expect_close(penalty(make_u_hved({})), 4.393527e-04);
}

/// eps = cos(0.017 i) per level in place of random numbers.
class Cosines : public tensor::Noise {
 public:
  Cosines() : Noise(0, {0}) {}
  at::Tensor normal(at::IntArrayRef shape, const at::TensorOptions&) override {
    std::vector<int64_t> full{1};
    full.insert(full.end(), shape.begin(), shape.end());
    return wave(full, 0, 1, 0.017, 0, true);
  }
};

TEST(UHvedParity, SampledLatents) {
  const c10::NoGradGuard no_grad;
  const auto network = filled(make_u_hved({}));
  Cosines noise;
  for (const auto& [present, norm] : {std::pair{all, 2.54343939}, std::pair{t1c, 2.51328389}})
    expect_close(
        norm_of(network->forward({.image = images(), .present = present, .noise = &noise}).logits),
        norm);
}

TEST(UHvedParity, Gradients) {
  const auto gradients = [](const at::Tensor& present) {
    const auto network = filled(make_u_hved({}));
    const tensor::Input input{.image = images(), .present = present};
    const std::vector<std::string> wanted{"posterior-0", "posterior-1", "posterior-2",
                                          "posterior-3", "reconstruction"};
    Losses(input, network->forward(input, wanted), true).total.backward();
    return network;
  };
  const auto whole = gradients(all);
  expect_close(gradient_norm(*whole, "enc.0.conv_0.weight"), .10393892);
  EXPECT_NEAR(gradient_norm(*whole, "dec.seg.final.weight"), .00488597, 6e-9);
  EXPECT_NEAR(gradient_norm(*whole, "enc.1.block_4.conv_1.weight"), .01426155, 1.5e-8);
  const auto single = gradients(t1c);
  expect_close(gradient_norm(*single, "enc.0.conv_0.weight"), .97247247);
  expect_close(gradient_norm(*single, "enc.1.conv_0.weight"), .25299866);
}

}  // namespace
}  // namespace kdseg::models
