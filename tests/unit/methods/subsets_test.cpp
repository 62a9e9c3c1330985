#include "methods/subsets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/nn/module.h>

#include <cmath>
#include <map>

#include "base/errors.h"
#include "methods/single_network.h"
#include "models/work.h"
#include "tiny.h"

namespace kdseg::methods {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Section term(const std::string& name, std::vector<Setting> settings = {}) {
  return {"term", name, "test", std::move(settings)};
}

/// A small network that takes subsets, with the loss it is trained by.
Setup subset_setup(const std::string& network, bool subsets = true) {
  models::Model model;
  model.contract.channels = {"flair", "t1ce", "t1", "t2"};
  model.contract.head = tiny_head();
  model.network = models::make_network({"network", network, "test", {{"width", "2", "test"}}}, 4, 4,
                                       0, &model.section);
  models::initialize(*model.network, 3);
  methods::Setup setup = setup_of(std::move(model));
  setup.terms = {term("cross-entropy"), term("dice", {{"denominator", "squared", "test"}}),
                 term("weight-penalty")};
  if (network == "u-hved") {
    setup.terms.push_back(term("latent-kl", {{"weight", "0.1", "test"}}));
    setup.terms.push_back(term("reconstruction", {{"weight", "0.1", "test"}}));
  }
  setup.subsets = subsets;
  return setup;
}

TEST(Subsets, FrequenciesOfTheOfficialCode) {
  std::map<std::vector<bool>, int64_t> counts;
  constexpr int64_t draws = 1000000;
  Random random(1, 2, "test");
  for (int64_t i = 0; i < draws; ++i) ++counts[draw_subset(4, random)];
  EXPECT_EQ(counts.size(), 15u);
  const std::array<double, 5> expected{0, .0625, 1.0 / 24, .0625, .25};
  double second = 0;
  for (const auto& [given, count] : counts) {
    const double share = static_cast<double>(count) / draws;
    const auto size = static_cast<size_t>(std::count(given.begin(), given.end(), true));
    EXPECT_NEAR(share, expected[size], .001);
    if (given[1]) second += share;
  }
  EXPECT_NEAR(second, .625, .0015);
}

TEST(Subsets, FollowSeedStepAndSample) {
  const methods::Setup setup = subset_setup("u-hemis");
  const auto drawn = [&](uint64_t seed, int64_t samples) {
    std::vector<at::Tensor> all;
    StepInfo info;
    info.seed = seed;
    for (info.step = 0; info.step < 30; ++info.step)
      all.push_back(present_of_step(setup, student_of(setup), info, samples));
    return all;
  };
  const auto first = drawn(1, 2), again = drawn(1, 2), other = drawn(2, 2), one = drawn(1, 1);
  int64_t other_seed = 0, other_sample = 0, other_step = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_TRUE(first[i].equal(again[i]));
    EXPECT_TRUE(first[i].narrow(0, 0, 1).equal(one[i])) << "whatever the batch";
    EXPECT_GT(first[i].sum(1).min().item<float>(), 0);
    other_seed += first[i].equal(other[i]) ? 0 : 1;
    other_sample += first[i][0].equal(first[i][1]) ? 0 : 1;
    other_step += first[i].equal(first[0]) ? 0 : 1;
  }
  EXPECT_GT(other_seed, 10);
  EXPECT_GT(other_sample, 10);
  EXPECT_GT(other_step, 10);
  const methods::Setup all = subset_setup("u-hemis", false);
  EXPECT_FALSE(present_of_step(all, student_of(all), {}, 1).defined());
}

TEST(Subsets, TrainingLowersTheLossOfEachNetwork) {
  for (const char* name : {"u-hemis", "u-hved"}) {
    methods::Setup setup = subset_setup(name);
    setup.networks[0].regimen.optimizer.learning_rate = 1e-2;
    const auto method = make_supervised(setup);
    const Report before = method->validate(tiny_draw(0).at(case_stream), {});
    StepInfo info;
    for (info.step = 0; info.step < 12; ++info.step) {
      const Report report = method->step(tiny_draw(0), info);
      EXPECT_TRUE(report.contains("weight-penalty"));
    }
    EXPECT_LT(method->validate(tiny_draw(0).at(case_stream), {}).at("cross-entropy"),
              before.at("cross-entropy"))
        << name;
  }
}

TEST(Subsets, AStepOnlySeesWhatItIsGiven) {
  // The loss of U-HeMIS depends on the given images alone, in training as in validation.
  const auto loss = [](int64_t step, int64_t spoiled) {
    auto draw = tiny_draw(0);
    if (spoiled >= 0) draw[case_stream].input.image.select(1, spoiled).fill_(9);
    StepInfo info;
    info.step = step;
    return make_supervised(subset_setup("u-hemis"))->step(draw, info).at("cross-entropy");
  };
  const methods::Setup asked = subset_setup("u-hemis");
  int64_t withheld = 0;
  for (int64_t step = 0; step < 3; ++step) {
    StepInfo info;
    info.step = step;
    const at::Tensor present = present_of_step(asked, student_of(asked), info, 1);
    for (int64_t image = 0; image < 4; ++image) {
      const bool given = present[0][image].item<float>() != 0;
      withheld += given ? 0 : 1;
      EXPECT_EQ(loss(step, image) == loss(step, -1), !given) << step << " " << image;
    }
  }
  EXPECT_GT(withheld, 0);
}

TEST(Subsets, EncodersWithoutTheirImageStillMove) {
  methods::Setup setup = subset_setup("u-hemis");
  setup.terms = {term("cross-entropy")};
  const auto method = make_supervised(setup);
  const auto parameter = [&] {
    return student_of(setup).network->module().named_parameters()["enc.0.block_1.in_0.bias"];
  };
  StepInfo info;
  const auto given = [&] {
    return present_of_step(setup, student_of(setup), info, 1)[0][0].item<float>() != 0;
  };
  while (!given()) ++info.step;
  method->step(tiny_draw(0), info);
  while (given()) ++info.step;
  const at::Tensor before = parameter().detach().clone();
  method->step(tiny_draw(0), info);
  EXPECT_FALSE(parameter().equal(before)) << "by momentum";
  EXPECT_EQ(parameter().grad().abs().max().item<double>(), 0);
}

TEST(Subsets, RefuseANetworkThatNeedsAllChannels) {
  methods::Setup setup = setup_of(tiny_model({"flair", "t1ce", "t1", "t2"}, 1));
  setup.terms = {term("cross-entropy")};
  setup.subsets = true;
  EXPECT_THAT([&] { make_supervised(setup); },
              ThrowsMessage<UsageError>(HasSubstr("had-net-unet")));
}

TEST(Subsets, WeightsArePenalizedInBothProcedures) {
  methods::Setup setup = subset_setup("u-hemis");
  setup.frozen = {{"teacher", tiny_model({"flair", "t1ce", "t1", "t2"}, 1)}};
  setup.terms.push_back(term("soft-dice"));
  const double expected = make_supervised(subset_setup("u-hemis"))
                              ->validate(tiny_draw(0).at(case_stream), {})
                              .at("weight-penalty");
  EXPECT_GT(expected, 0);
  const auto method = make_teacher_student(setup);
  EXPECT_EQ(method->validate(tiny_draw(0).at(case_stream), {}).at("weight-penalty"), expected);
  EXPECT_TRUE(std::isfinite(method->step(tiny_draw(0), {}).at("loss")));
}

TEST(Subsets, WorkCountsTheImageDecoders) {
  methods::Setup setup = subset_setup("u-hved");
  const int64_t with = make_supervised(setup)->macs({{case_stream, {{32, 32, 32}}}});
  setup.terms.pop_back();
  const int64_t without = make_supervised(setup)->macs({{case_stream, {{32, 32, 32}}}});
  const std::vector<std::string> wanted{"reconstruction"};
  auto& network = *student_of(setup).network;
  const auto channels = static_cast<int64_t>(student_of(setup).contract.channels.size());
  EXPECT_EQ(with - without, 3 * (models::macs_of(network, channels, {32, 32, 32}, wanted) -
                                 models::macs_of(network, channels, {32, 32, 32})));
  EXPECT_GT(with, without);
}

}  // namespace
}  // namespace kdseg::methods
