// Who changes whom in an iteration of Li et al. 2020 (MKD): compared bit for bit.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/sin.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "methods/mutual.h"
#include "methods/single_network.h"
#include "unpaired_setup.h"

namespace kdseg::methods {
namespace {

using Names = std::vector<std::string>;
using State = std::map<std::string, Values>;

const Names all{"syn", "real", "a-to-t", "t-to-a", "discriminator-t", "discriminator-a"};

/// Parameters and, where `buffers`, running statistics of every network.
State state_of(Method& method, bool buffers) {
  State state;
  for (const auto& name : all) {
    const auto& module = module_of(method, name);
    state[name] = buffers ? everything_in(module) : copies(module);
  }
  return state;
}

Names changed(const State& before, const State& after) {
  Names names;
  for (const auto& name : all)
    if (largest_difference(before.at(name), after.at(name)) > 0) names.push_back(name);
  return names;
}

/// Networks whose state after one step is not that of the other setup's.
Names told_apart(const methods::Setup& one, const methods::Setup& other) {
  const auto a = make_unpaired(one), b = make_unpaired(other);
  a->step(draw_of(0), {});
  b->step(draw_of(0), {});
  return changed(state_of(*a, true), state_of(*b, true));
}

// An update writes the network it is for. Discriminators share a rate.
TEST(Invariants, WhoeverHasARateChangesAndNobodyElse) {
  const Names judges{"discriminator-t", "discriminator-a"};
  for (const auto& who : {Names{"syn"}, Names{"real"}, Names{"a-to-t"}, Names{"t-to-a"}, judges}) {
    methods::Setup setup = mkd_setup({}, descent(0));
    if (who[0] == "syn") setup.networks[0].regimen = descent(0.05);
    if (who[0] == "real") setup.networks[1].regimen = descent(0.05);
    if (who[0] == "a-to-t") setup.translation->there.regimen = descent(0.05);
    if (who[0] == "t-to-a") setup.translation->back.regimen = descent(0.05);
    if (who == judges) setup.translation->judging = descent(0.05);
    const auto method = make_unpaired(setup);
    const State before = state_of(*method, false);
    method->step(draw_of(0), {});
    EXPECT_EQ(changed(before, state_of(*method, false)), who);
  }
}

// Running statistics move in the networks' own updates alone, not while one of them guides a
// generator.
TEST(Invariants, AGuideIsLeftAsItIs) {
  const methods::Setup guided = mkd_setup({}, descent(0));
  methods::Setup unguided = mkd_setup({}, descent(0));
  unguided.supervise[1].settings.pop_back();
  EXPECT_EQ(told_apart(guided, unguided), Names{});
}

// What one network is taught reaches neither its teacher nor the generator of the images.
TEST(Invariants, ALessonReachesItsStudentAlone) {
  methods::Setup less = mkd_setup({});
  less.distil[0].settings[3].value = "0";  // of real, by syn
  EXPECT_EQ(told_apart(mkd_setup({}), less), Names{"real"});
  less = mkd_setup({});
  less.distil[1].settings.push_back({"weight", "0", "a.ini:6"});  // of syn, by real
  EXPECT_EQ(told_apart(mkd_setup({}), less), Names{"syn"});
}

// Both weights 0: real is a network that learns by itself, whatever the assistant's images are.
TEST(Invariants, WithoutLessonsRealIsTheBaseline) {
  methods::Setup silent = mkd_setup({});
  silent.distil[0].settings[3].value = "0";
  silent.distil[1].settings.push_back({"weight", "0", "a.ini:6"});
  methods::Setup alone;
  alone.networks = {mkd_setup({}).networks[1]};
  alone.streams = {{"t", {"ct"}}};
  alone.terms = {silent.terms[0], silent.terms[1]};
  const auto ours = make_unpaired(silent);
  const auto baseline = make_supervised(alone);
  StepInfo info;
  for (info.step = 0; info.step < 3; ++info.step) {
    tensor::Draw draw = draw_of(static_cast<int>(info.step));
    baseline->step({{"t", draw.at("t")}}, info);
    draw["a"].input.image = at::sin(draw["a"].input.image * 917);
    ours->step(draw, info);
  }
  EXPECT_EQ(largest_difference(everything_in(module_of(*ours, "real")),
                               everything_in(alone.networks[0].model.network->module())),
            0);
}

// Without its lesson from real, and by the same generator, syn does not depend on the target's
// images.
TEST(Invariants, WithoutItsLessonSynIsIndependentOfTheTarget) {
  const auto trained = [](double scale) {
    methods::Setup setup = mkd_setup({});
    setup.translation->judge_of_to = setup.translation->judge_of_from = nullptr;
    setup.supervise[1].settings.pop_back();
    setup.distil[1].settings.push_back({"weight", "0", "a.ini:6"});
    const auto method = make_unpaired(setup);
    tensor::Draw draw = draw_of(0);
    draw["t"].input.image = at::sin(draw["t"].input.image * scale);
    method->step(draw, {});
    return std::pair(everything_in(module_of(*method, "syn")),
                     everything_in(module_of(*method, "real")));
  };
  const auto one = trained(1), other = trained(917);
  EXPECT_EQ(largest_difference(one.first, other.first), 0);
  EXPECT_GT(largest_difference(one.second, other.second), 0);
}

// A translation is a finite image of the range that it promises; images of a batch are independent
// of each other.
TEST(Invariants, PredictionsDoNotDependOnTheBatch) {
  const at::NoGradGuard guard;
  for (const auto* kind : {"resnet-generator", "resunet2d"}) {
    const bool translates = std::string(kind) == "resnet-generator";
    const auto model =
        model_of(kind, "mr", translates ? image_head("ct") : eight_classes(), 3, "4");
    auto& module = model.network->module();
    module.to(at::kFloat);
    const at::Tensor images =
        at::sin(at::arange(8 * side * side, at::kFloat) * 0.37).view({8, 1, side, side});
    model.network->forward({.image = images, .statistics = tensor::Statistics::batch_and_gather});
    module.eval();
    const at::Tensor together = model.network->forward({.image = images}).logits;
    const double largest = together.abs().max().item<double>();
    EXPECT_LE(largest, translates ? 1 : std::numeric_limits<double>::max()) << kind;  // nor NaN
    for (int64_t n = 0; n < 8; ++n) {
      const at::Tensor one = model.network->forward({.image = images.narrow(0, n, 1)}).logits;
      const double difference = (one - together.narrow(0, n, 1)).abs().max().item<double>();
      EXPECT_LE(difference, 1e-5 * std::max(1.0, largest)) << kind << ", image " << n;
    }
  }
}

}  // namespace
}  // namespace kdseg::methods
