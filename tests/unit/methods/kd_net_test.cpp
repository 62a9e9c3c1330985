// KD-Net's training: a frozen teacher, and losses that switch on and off by themselves.
#include <ATen/ops/equal.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "methods/single_network.h"
#include "tiny.h"

namespace kdseg::methods {
namespace {

models::Model kd_net_model(const std::vector<std::string>& channels, uint64_t seed) {
  models::Model model;
  model.contract.head = tiny_head();
  model.contract.channels = channels;
  const Section section{"network", "kd-net-unet", "test", {{"width", "2", "test"}}};
  model.network =
      models::make_network(section, static_cast<int64_t>(channels.size()), 4, 0, &model.section);
  models::initialize(*model.network, seed);
  return model;
}

using Weights = std::map<std::string, double>;

Setup setup_with(const Weights& weights) {
  methods::Setup setup = setup_of(kd_net_model({"t1"}, 1));
  setup.frozen = {{"teacher", kd_net_model({"flair", "t1ce", "t1", "t2"}, 2)}};
  for (const auto& [name, weight] : weights)
    setup.terms.push_back({"term", name, "test", {{"weight", std::to_string(weight), "test"}}});
  setup.networks[0].regimen.optimizer.learning_rate = 1e-4;
  setup.seed = 3;
  return setup;
}

const Weights labels{{"dice", 1}, {"binary-cross-entropy", 1}};
const Weights with_kl{{"dice", 1}, {"binary-cross-entropy", 1}, {"bottleneck-kl", 10}};
const Weights with_kd{{"dice", 0.25},
                      {"binary-cross-entropy", 0.25},
                      {"soft-dice", 0.75},
                      {"teacher-binary-cross-entropy", 0.75}};
const Weights whole{{"dice", 0.25},
                    {"binary-cross-entropy", 0.25},
                    {"soft-dice", 0.75},
                    {"teacher-binary-cross-entropy", 0.75},
                    {"bottleneck-kl", 10}};

TEST(KdNet, TheTeacherStaysBitIdentical) {
  const methods::Setup setup = setup_with(whole);
  const auto& teacher = setup.teacher()->network->module();
  const auto& student = student_of(setup).network->module();
  const auto before = copies(teacher), start = copies(student);
  const auto method = make_teacher_student(setup);
  for (int step = 0; step < 3; ++step) {
    StepInfo info;
    info.step = step;
    info.steps = 3;
    method->step(tiny_draw(step), info);
  }
  const auto after = copies(teacher);
  for (size_t i = 0; i < before.size(); ++i) EXPECT_TRUE(at::equal(before[i], after[i]));
  for (const auto& p : teacher.parameters()) {
    EXPECT_FALSE(p.requires_grad());
    EXPECT_FALSE(p.grad().defined());
  }
  EXPECT_GT(largest_difference(start, copies(student)), 1e-5);
}

// The first step's terms have the same values whichever others stand beside them.
TEST(KdNet, AblationsChangeTheirOwnTermsAlone) {
  const auto draw = tiny_draw(0);
  const Report all = make_teacher_student(setup_with(whole))->step(draw, {});
  for (const auto& weights : {labels, with_kl, with_kd, whole}) {
    const methods::Setup setup = setup_with(weights);
    Report report;
    if (weights == labels) {
      methods::Setup alone = setup;
      alone.frozen.clear();
      report = make_supervised(alone)->step(draw, {});
    } else {
      report = make_teacher_student(setup)->step(draw, {});
    }
    double sum = 0;
    std::set<std::string> expected{"loss"}, found;
    for (const auto& [name, weight] : weights) {
      expected.insert(name);
      EXPECT_EQ(report.at(name), all.at(name)) << name;
      sum += weight * report.at(name);
    }
    for (const auto& [name, value] : report) found.insert(name);
    EXPECT_EQ(found, expected);
    EXPECT_NEAR(report.at("loss"), sum, 1e-5);
  }
}

// Layers shared with the teacher: parameters without gradient stay.
TEST(KdNet, FrozenPartsOfTheStudentStay) {
  const methods::Setup setup = setup_with(whole);
  auto& student = student_of(setup).network->module();
  for (const auto& item : student.named_parameters())
    if (item.key().starts_with("bott.")) at::Tensor(item.value()).set_requires_grad(false);
  std::map<std::string, at::Tensor> before;
  for (const auto& item : student.named_parameters())
    before[item.key()] = item.value().detach().clone();
  make_teacher_student(setup)->step(tiny_draw(0), {});
  for (const auto& item : student.named_parameters()) {
    const bool frozen = item.key().starts_with("bott.");
    const bool weight = item.value().dim() == 5;
    if (frozen) {
      EXPECT_TRUE(at::equal(before[item.key()], item.value())) << item.key();
    } else if (weight) {
      EXPECT_FALSE(at::equal(before[item.key()], item.value())) << item.key();
    }
  }
}

}  // namespace
}  // namespace kdseg::methods
