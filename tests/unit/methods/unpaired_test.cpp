// One iteration of Li et al. 2020 (MKD): its numbers worked out by hand, and its order held against
// the algorithm written down literally.
#include "methods/unpaired.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/softmax.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "base/errors.h"
#include "methods/mutual.h"
#include "methods/translation.h"
#include "models/work.h"
#include "unpaired_setup.h"

namespace kdseg::methods {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// ---- the algorithm, line by line
// -----------------------------------------------------------------

/// Section "one training iteration" with nothing shared, kept or counted: every forward pass is
/// made where the algorithm has it, every gradient is asked for by name.
class Literal {
 public:
  explicit Literal(const methods::Setup& setup, double rate) : rate_(rate) {
    syn_ = setup.networks[0].model.network;
    real_ = setup.networks[1].model.network;
    at_ = setup.translation->there.model.network;
    ta_ = setup.translation->back.model.network;
    d_t_ = setup.translation->judge_of_to;
    d_a_ = setup.translation->judge_of_from;
  }

  void iterate(const tensor::Draw& draw, bool joint) {
    const at::Tensor &x_a = draw.at("a").input.image, &x_t = draw.at("t").input.image;
    const at::Tensor &y_a = draw.at("a").target.classes, &y_t = draw.at("t").target.classes;
    at::Tensor x_at = made(at_, x_a), x_ta = made(ta_, x_t);
    const auto cycle = [&] {
      return 10 * (distance(made(ta_, x_at), x_a) + distance(made(at_, x_ta), x_t));
    };
    const auto shaped = [&] { return supervised(segmented(*syn_, x_at, false), y_a); };
    if (joint) {
      const at::Tensor loss = fooled(*d_t_, x_at) + fooled(*d_a_, x_ta) + cycle() + shaped();
      const auto g_at = gradients(loss, at_->module()), g_ta = gradients(loss, ta_->module());
      descend(at_->module(), g_at);
      descend(ta_->module(), g_ta);
      judge(*d_t_, x_t, x_at);
      judge(*d_a_, x_a, x_ta);
    } else {
      const at::Tensor there = fooled(*d_t_, x_at) + cycle() + shaped();
      descend(at_->module(), gradients(there, at_->module()));
      judge(*d_t_, x_t, x_at);
      x_ta = made(ta_, x_t);
      x_at = made(at_, x_a);
      const at::Tensor back = fooled(*d_a_, x_ta) + cycle();
      descend(ta_->module(), gradients(back, ta_->module()));
      judge(*d_a_, x_a, x_ta);
    }
    x_at = made(at_, x_a).detach();
    const at::Tensor real_t = segmented(*real_, x_t, true), real_at = segmented(*real_, x_at, true),
                     syn_at = segmented(*syn_, x_at, true), syn_t = segmented(*syn_, x_t, true);
    const at::Tensor of_real = supervised(real_t, y_t) + 0.5 * distilled(syn_at, real_at);
    const at::Tensor of_syn = supervised(syn_at, y_a) + distilled(real_t, syn_t);
    const auto g_real = gradients(of_real, real_->module()),
               g_syn = gradients(of_syn, syn_->module());
    descend(syn_->module(), g_syn);
    descend(real_->module(), g_real);
  }

 private:
  static at::Tensor made(const std::shared_ptr<models::Network>& g, const at::Tensor& x) {
    return g->forward({.image = x}).logits;
  }
  static at::Tensor segmented(models::Network& s, const at::Tensor& x, bool gather) {
    const auto how = gather ? tensor::Statistics::batch_and_gather : tensor::Statistics::batch;
    return s.forward({.image = x, .statistics = how}).logits;
  }
  static at::Tensor score(models::Discriminator& d, const at::Tensor& x) {
    return d.forward(at::Tensor(), {x, {}});
  }
  static at::Tensor fooled(models::Discriminator& d, const at::Tensor& x) {
    return (score(d, x) - 1).pow(2).mean();
  }
  static at::Tensor distance(const at::Tensor& a, const at::Tensor& b) {
    return (a - b).abs().mean();
  }
  static at::Tensor supervised(const at::Tensor& logits, const at::Tensor& y) {
    const at::Tensor log_p = at::log_softmax(logits, 1), p = log_p.exp();
    const at::Tensor g = at::one_hot(y, classes).movedim(-1, 1).to(at::kDouble);
    const std::vector<int64_t> axes{0, 2, 3};
    const at::Tensor dice = 2 * (p * g).sum(axes) / (p.pow(2).sum(axes) + g.sum(axes) + 1e-7);
    return -(g * log_p).sum(1).mean() + 1 - dice.mean();
  }
  static at::Tensor distilled(const at::Tensor& teacher, const at::Tensor& student) {
    return -(at::softmax(teacher.detach(), 1) * at::log_softmax(student, 1)).sum(1).mean();
  }
  static Values gradients(const at::Tensor& loss, torch::nn::Module& module) {
    return torch::autograd::grad({loss}, module.parameters(), {}, true, false, true);
  }
  void descend(torch::nn::Module& module, const Values& gradients) const {
    const at::NoGradGuard guard;
    const auto parameters = module.parameters();
    for (size_t i = 0; i < parameters.size(); ++i)
      if (gradients[i].defined()) parameters[i].add_(gradients[i], -rate_);
  }
  void judge(models::Discriminator& d, const at::Tensor& real, const at::Tensor& made) const {
    const at::Tensor loss =
        0.5 * ((score(d, real) - 1).pow(2).mean() + score(d, made.detach()).pow(2).mean());
    descend(*d.module(), gradients(loss, *d.module()));
  }

  double rate_;
  std::shared_ptr<models::Network> syn_, real_, at_, ta_;
  std::shared_ptr<models::Discriminator> d_t_, d_a_;
};

class Iteration : public testing::TestWithParam<bool> {};

// Passes that are not repeated change nothing, gradients reach whom they should and no other, and
// batch norms gather what steps 6 to 8 show them alone.
TEST_P(Iteration, IsTheAlgorithmLineByLine) {
  const bool joint = GetParam();
  const std::vector<std::pair<std::string, std::string>> settings{
      {"pool", "0"}, {"g-update", joint ? "joint" : "in-turn"}};
  const methods::Setup ours = mkd_setup(settings), theirs = mkd_setup(settings);
  const auto method = make_unpaired(ours);
  Literal literal(theirs, 0.05);
  StepInfo info;
  for (info.step = 0; info.step < 3; ++info.step) {
    const auto draw = draw_of(static_cast<int>(info.step));
    method->step(draw, info);
    literal.iterate(draw, joint);
  }
  const auto start = mkd_setup(settings);
  const auto expect_same = [&](const torch::nn::Module& a, const torch::nn::Module& b,
                               const torch::nn::Module& before, const char* what) {
    EXPECT_LT(largest_difference(everything_in(a), everything_in(b)), 1e-9) << what;
    EXPECT_GT(largest_difference(everything_in(a), everything_in(before)), 1e-5) << what;
  };
  for (size_t n = 0; n < 2; ++n)
    expect_same(ours.networks[n].model.network->module(),
                theirs.networks[n].model.network->module(),
                start.networks[n].model.network->module(), ours.networks[n].name.c_str());
  const auto &a = *ours.translation, &b = *theirs.translation, &c = *start.translation;
  expect_same(a.there.model.network->module(), b.there.model.network->module(),
              c.there.model.network->module(), "a-to-t");
  expect_same(a.back.model.network->module(), b.back.model.network->module(),
              c.back.model.network->module(), "t-to-a");
  expect_same(*a.judge_of_to->module(), *b.judge_of_to->module(), *c.judge_of_to->module(), "D_t");
  expect_same(*a.judge_of_from->module(), *b.judge_of_from->module(), *c.judge_of_from->module(),
              "D_a");
}

INSTANTIATE_TEST_SUITE_P(Orders, Iteration, testing::Values(false, true),
                         [](const auto& info) { return info.param ? "joint" : "in_turn"; });

// ---- numbers worked out by hand -----------------------------------------------------------------

/// Convolutions without weights and biases; norms as they start.
void clear(const torch::nn::Module& module) {
  const at::NoGradGuard guard;
  for (const auto& item : module.named_parameters())
    if (item.value().dim() > 1 || item.key().ends_with("bias")) item.value().zero_();
}

TEST(Unpaired, NetworksWithoutWeightsGiveTheNumbersWorkedOutByHand) {
  Regimen adam;  // 2e-4, betas 0.5 0.999
  adam.optimizer.beta1 = 0.5;
  const methods::Setup setup = mkd_setup({}, adam);
  const auto method = make_unpaired(setup);
  for (const auto& part : method->parts()) clear(*part.module);
  tensor::Draw draw = draw_of(0);
  draw["a"].input.image.fill_(0.5);
  draw["t"].input.image.fill_(-0.5);
  for (auto& [name, batch] : draw) batch.target.classes.zero_();
  const auto before = copies(module_of(*method, "a-to-t"));
  const Report report = method->step(draw, {});
  EXPECT_NEAR(report.at("adversarial-t"), 1, 1e-12);
  EXPECT_NEAR(report.at("adversarial-t") + 10 * (report.at("cycle-a") + report.at("cycle-t")),
              2.363836, 1e-6);
  EXPECT_NEAR(report.at("shape-syn"), 3.048672, 1e-6);
  EXPECT_NEAR(report.at("loss-a-to-t"), 5.412509, 1e-6);
  EXPECT_NEAR(report.at("discriminator-t"), 0.5, 1e-12);
  EXPECT_NEAR(report.at("loss-t-to-a"), 2.3638, 5e-3);
  EXPECT_NEAR(report.at("discriminator-a"), 0.5, 1e-12);
  EXPECT_NEAR(report.at("loss-real"), 4.088393, 1e-5);
  EXPECT_NEAR(report.at("loss-syn"), 5.128114, 1e-5);
  // Adam's first step is as long as its rate.
  EXPECT_LE(largest_difference(before, copies(module_of(*method, "a-to-t"))), 2e-4 + 1e-9);
  EXPECT_GE(largest_difference(before, copies(module_of(*method, "a-to-t"))), 0.99 * 2e-4);
}

// 382.4 GMAC for a pair of slices, less two passes of a generator that are not repeated.
TEST(Unpaired, CountsTheWorkThatThePaperNeeds) {
  methods::Setup setup = mkd_setup({});
  for (auto& network : setup.networks)
    network.model = model_of("resunet2d", "ct", eight_classes(), 1, "16");
  setup.translation = translation_setup(section("translation", "", {}), descent(0.1), "32");
  setup.translation->judge_of_to = judge_of(1, "64");
  setup.translation->judge_of_from = judge_of(2, "64");
  const auto work = [&] {
    return 1e-9 * static_cast<double>(make_unpaired(setup)->macs(
                      {{"a", {{256, 256, 1}, 1}}, {"t", {{256, 256, 1}, 1}}}));
  };
  const double generator = 12.29, first_layer = 0.103;
  EXPECT_NEAR(work(), 382.4 - 2 * generator, 0.15);
  // At once: four forward passes less, and two gradients with respect to images.
  setup.translation->section = section("translation", "", {{"g-update", "joint"}});
  EXPECT_NEAR(work(), 382.4 - 6 * generator + 2 * first_layer, 0.15);
  // Translations that are there already: one pass of the generator.
  setup.translation->judge_of_to = setup.translation->judge_of_from = nullptr;
  setup.supervise[1].settings.pop_back();
  EXPECT_NEAR(work(), 91.3, 0.15);
}

// ---- options
// --------------------------------------------------------------------------------------

TEST(Unpaired, AGuideShowsTheGeneratorShapes) {
  const methods::Setup with = mkd_setup({{"pool", "0"}}), without = [] {
    methods::Setup setup = mkd_setup({{"pool", "0"}});
    setup.supervise[1].settings.pop_back();
    return setup;
  }();
  const auto guided = make_unpaired(with), free = make_unpaired(without);
  EXPECT_TRUE(guided->step(draw_of(0), {}).contains("shape-syn"));
  EXPECT_FALSE(free->step(draw_of(0), {}).contains("shape-syn"));
  EXPECT_GT(
      largest_difference(copies(module_of(*guided, "a-to-t")), copies(module_of(*free, "a-to-t"))),
      1e-9);
}

// The running statistics of a network that guides: untouched by it, unless so asked.
TEST(Unpaired, WhatAGuideSeesIsGatheredOnRequestAlone) {
  const auto gathered = [](const std::string& how) {
    methods::Setup setup = mkd_setup({{"bn-in-g-step", how}}, descent(0));
    const auto method = make_unpaired(setup);
    method->step(draw_of(0), {});
    Values values;
    for (const auto& b : module_of(*method, "syn").buffers())
      values.push_back(b.detach().clone().to(at::kDouble));
    return values;
  };
  EXPECT_EQ(largest_difference(gathered("batch"), gathered("eval")), 0);
  EXPECT_GT(largest_difference(gathered("batch"), gathered("train")), 1e-6);
}

TEST(Unpaired, IdentityAsksGeneratorsToLeaveTheirOwnKind) {
  const methods::Setup setup = mkd_setup({{"identity", "5"}});
  const auto method = make_unpaired(setup);
  for (const auto& part : method->parts()) clear(*part.module);
  tensor::Draw draw = draw_of(0);
  draw["a"].input.image.fill_(0.5);
  draw["t"].input.image.fill_(-0.5);
  const Report report = method->step(draw, {});
  EXPECT_NEAR(report.at("identity-t"), 0.5 - std::tanh(0.5), 1e-9);
  EXPECT_NEAR(report.at("loss-a-to-t"),
              report.at("adversarial-t") + 10 * (report.at("cycle-a") + report.at("cycle-t")) +
                  5 * report.at("identity-t") + report.at("shape-syn"),
              1e-9);
}

TEST(Unpaired, ObjectivesAreToldApart) {
  std::map<std::string, double> first;
  for (const auto* gan : {"lsgan", "bce", "bce-sat"}) {
    const methods::Setup setup = mkd_setup({{"gan", gan}});
    const auto method = make_unpaired(setup);
    for (const auto& part : method->parts()) clear(*part.module);
    first[gan] = method->step(draw_of(0), {}).at("adversarial-t");
  }
  EXPECT_NEAR(first["lsgan"], 1, 1e-9);
  EXPECT_NEAR(first["bce"], std::log(2), 1e-9);
  EXPECT_NEAR(first["bce-sat"], -std::log(2), 1e-9);
}

// A discriminator is shown what the pool gives, not the latest images alone.
TEST(Unpaired, PoolsAreUsedAndContinue) {
  const auto run = [](int from, int to, Method& method) {
    StepInfo info;
    for (info.step = from; info.step < to; ++info.step)
      method.step(draw_of(static_cast<int>(info.step)), info);
  };
  const methods::Setup pooled = mkd_setup({{"pool", "3"}}), latest = mkd_setup({{"pool", "0"}});
  const auto one = make_unpaired(pooled), two = make_unpaired(latest);
  run(0, 6, *one);
  run(0, 6, *two);
  EXPECT_GT(largest_difference(copies(module_of(*one, "discriminator-t")),
                               copies(module_of(*two, "discriminator-t"))),
            1e-9);

  io::Tree tree;
  const methods::Setup part = mkd_setup({{"pool", "3"}});
  const auto former = make_unpaired(part);
  run(0, 1, *former);  // two of three places taken
  former->save(tree, "/method");
  const auto later = make_unpaired(part);  // of the same modules
  later->load(tree, "/method");
  run(1, 6, *later);
  for (const auto* name : {"a-to-t", "t-to-a", "discriminator-t", "discriminator-a", "syn", "real"})
    EXPECT_EQ(largest_difference(everything_in(module_of(*one, name)),
                                 everything_in(module_of(*later, name))),
              0)
        << name;
}

// ---- translations that are there
// ------------------------------------------------------------------

// Online by a frozen translator, or from files that it wrote: equal losses.
TEST(Unpaired, AFrozenTranslatorAndItsFilesAreOne) {
  methods::Setup online = mkd_setup({});
  online.translation->judge_of_to = online.translation->judge_of_from = nullptr;
  online.supervise[1].settings.pop_back();
  const auto before = copies(online.translation->there.model.network->module());
  const auto method = make_unpaired(online);
  const Report report = method->step(draw_of(0), {});
  EXPECT_EQ(largest_difference(before, copies(online.translation->there.model.network->module())),
            0);
  EXPECT_FALSE(report.contains("adversarial-t"));

  methods::Setup stored = mkd_setup({});
  tensor::Draw draw = draw_of(0);
  {
    const at::NoGradGuard guard;
    draw["a"].input.image =
        stored.translation->there.model.network->forward({.image = draw["a"].input.image}).logits;
    draw["a"].channels = {"ct"};
  }
  stored.translation.reset();
  stored.supervise[1] = section("supervise", "syn", {{"network", "syn"}, {"stream", "a"}});
  stored.distil[0].settings[2].value = "a";
  const Report from_files = make_mutual(stored)->step(draw, {});
  for (const auto* name : {"loss-real", "loss-syn", "loss"})
    EXPECT_NEAR(report.at(name), from_files.at(name), 1e-12) << name;
}

TEST(Alignment, TrainsGeneratorsAndWritesThem) {
  methods::Setup setup = mkd_setup({});
  setup.networks.clear();
  setup.supervise.clear();
  setup.distil.clear();
  const auto method = make_alignment(setup);
  EXPECT_EQ(method->streams(), (std::vector<std::string>{"a", "t"}));
  const auto candidates = method->candidates();
  ASSERT_EQ(candidates.size(), 2u);
  EXPECT_EQ(candidates[0].name, "a-to-t");
  EXPECT_TRUE(candidates[0].chosen);
  EXPECT_EQ(candidates[1].name, "t-to-a");
  tensor::Draw draw = draw_of(0);
  for (auto& [name, batch] : draw) batch.target = {};  // labels are never looked at
  const Report report = method->step(draw, {});
  EXPECT_NEAR(report.at("loss"), report.at("loss-a-to-t") + report.at("loss-t-to-a"), 1e-12);
}

// The translations of a run are of use to others: generators stand beside its networks.
TEST(Unpaired, GeneratorsAreWrittenBesideNetworks) {
  const methods::Setup setup = mkd_setup({});
  const auto method = make_unpaired(setup);
  EXPECT_EQ(method->candidates().size(), 2u);
  const auto beside = method->beside();
  ASSERT_EQ(beside.size(), 2u);
  EXPECT_EQ(beside[0].name, "a-to-t");
}

void expect_refusal(const methods::Setup& setup, const std::string& text) {
  EXPECT_THAT([&] { make_unpaired(setup); }, ThrowsMessage<UsageError>(HasSubstr(text)));
}

TEST(Unpaired, NamesWhatThereIsNot) {
  methods::Setup setup = mkd_setup({});
  setup.supervise[1].settings[1].value = "b>t";
  expect_refusal(setup, "unknown stream 'b>t', there are a, t, a>t, t>a");
  setup = mkd_setup({});
  setup.supervise[0].settings.push_back({"shapes", "1", "a.ini:7"});
  expect_refusal(setup, "shapes is of translated images");
  setup = mkd_setup({});
  setup.translation->judge_of_to = nullptr;
  expect_refusal(setup, "shapes guides a generator, and none is trained");
  setup = mkd_setup({});
  setup.networks[0].name = setup.supervise[1].settings[0].value = "a-to-t";
  setup.distil[0].settings[0].value = setup.distil[1].settings[1].value = "a-to-t";
  expect_refusal(setup, "another network or discriminator has this name");
}

}  // namespace
}  // namespace kdseg::methods
