// Training the networks of model distillation: what terms ask for reaches them, random draws follow
// seed and step alone, a continued run equals one without a break.
#include <ATen/ops/sin.h>
#include <gtest/gtest.h>

#include "methods/single_network.h"
#include "models/checkpoint.h"
#include "models/work.h"
#include "tiny.h"

namespace kdseg::methods {
namespace {

const Head regions{Head::Kind::sigmoid, {"WT", "TC", "ET"}, {{1, 2, 3}, {1, 3}, {3}}, {0, 1, 2, 4}};

std::vector<Section> terms_of(const std::string& network) {
  std::vector<Section> terms{
      {"term", "dice", "", {{"denominator", "squared", ""}, {"sums", "batch", ""}}},
      {"term", "binary-cross-entropy", "", {{"from", "logits", ""}}}};
  if (network == "vae-unet") {
    terms.push_back({"term", "reconstruction", "", {{"weight", "0.1", ""}}});
    terms.push_back({"term", "vae-kl", "", {{"weight", "0.1", ""}}});
  }
  if (network == "cascaded-unet")
    for (const std::string output : {"half", "quarter"})
      terms.push_back({"term", "dice:" + output, "", {{"output", output, ""}}});
  return terms;
}

Setup setup_for(const std::string& network) {
  std::vector<Setting> settings;
  if (network == "vae-unet") settings = {{"width", "8", ""}, {"image-size", "32", ""}};
  if (network == "cascaded-unet") settings = {{"width", "1", ""}};
  if (network == "no-new-net") settings = {{"width", "4", ""}};
  models::Model model;
  model.contract.channels = {"flair", "t1ce", "t1", "t2"};
  model.contract.head = regions;
  model.network = models::make_network({"network", network, "", settings}, 4, 3, 0, &model.section);
  models::initialize(*model.network, 3);
  Setup setup = setup_of(std::move(model), "network");
  setup.terms = terms_of(network);
  setup.networks[0].regimen.optimizer.learning_rate = 2e-3;
  setup.seed = 4;
  return setup;
}

tensor::Draw draw_of(const std::string& network, int number) {
  if (network != "cascaded-unet") return tiny_draw(number);
  constexpr int64_t n = 64;
  tensor::Draw draw = tiny_draw(number);
  tensor::Batch& batch = draw.at(case_stream);
  batch.input.image = at::sin(at::arange(4 * n * n * n, at::kDouble) * 0.011 + number)
                          .view({1, 4, n, n, n})
                          .to(at::kFloat);
  batch.target.classes =
      at::remainder(at::arange(n * n * n, at::kLong) + number, 4).view({1, n, n, n});
  return draw;
}

class Distillation : public testing::TestWithParam<std::string> {};

TEST_P(Distillation, LearnsOneCase) {
  const auto method = make_supervised(setup_for(GetParam()));
  StepInfo info;
  const Report first = method->step(draw_of(GetParam(), 0), info);
  double after = first.at("loss");
  for (info.step = 1; info.step < 8; ++info.step)
    after = method->step(draw_of(GetParam(), 0), info).at("loss");
  EXPECT_LT(after, first.at("loss") - 0.02);
  if (GetParam() == "vae-unet") {
    EXPECT_GT(first.at("reconstruction"), 0);
    EXPECT_GT(first.at("vae-kl"), 0);
  }
  if (GetParam() == "cascaded-unet") {
    EXPECT_NE(first.at("dice:half"), first.at("dice:quarter"));
  }
}

TEST_P(Distillation, ContinuesAsIfThereHadBeenNoBreak) {
  const auto step = [&](Method& method, int64_t number) {
    return method.step(draw_of(GetParam(), static_cast<int>(number)), {.step = number, .seed = 4});
  };
  const auto whole = make_supervised(setup_for(GetParam()));
  step(*whole, 0);
  io::Tree tree;
  for (const Part& part : whole->parts()) {
    models::module_to_arrays(*part.module, "/module", tree);
    part.optimizer->save(tree, "/optimizer");
  }
  const Report expected = step(*whole, 1);
  const auto rest = make_supervised(setup_for(GetParam()));
  for (const Part& part : rest->parts()) {
    models::module_from_arrays(*part.module, "/module", tree);
    part.optimizer->load(tree, "/optimizer");
  }
  EXPECT_EQ(step(*rest, 1), expected);
  // Dropout and the latent sample are those of the step, whoever takes it.
  if (GetParam() != "no-new-net") {
    const auto again = make_supervised(setup_for(GetParam()));
    const Report at_two = again->step(draw_of(GetParam(), 1), {.step = 2, .seed = 4});
    const auto third = make_supervised(setup_for(GetParam()));
    EXPECT_NE(step(*third, 1).at("loss"), at_two.at("loss"));
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, Distillation,
                         testing::Values("no-new-net", "vae-unet", "cascaded-unet"),
                         [](const auto& info) {
                           return info.param.substr(0, info.param.find('-'));
                         });

TEST(DistillationWork, WhatThePredictionCostsLeavesTheBranchOut) {
  const auto setup = setup_for("vae-unet");
  const auto method = make_supervised(setup);
  const std::array<int64_t, 3> size{32, 32, 32};
  auto& network = *student_of(setup).network;
  EXPECT_GT(method->macs({{case_stream, {size, 1}}}), 3 * models::macs_of(network, 4, size))
      << "a training's step counts it";
}

}  // namespace
}  // namespace kdseg::methods
