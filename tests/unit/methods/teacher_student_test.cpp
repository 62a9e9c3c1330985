// The HAD-Net iteration: equal to the published order of updates, step by step.
#include "methods/single_network.h"

#include <ATen/core/grad_mode.h>
#include <gtest/gtest.h>

#include "base/errors.h"
#include "losses/adversarial.h"
#include "losses/cross_entropy.h"
#include "models/work.h"
#include "tiny.h"

namespace kdseg::methods {
namespace {

const std::vector<std::string> taps{"d2", "u3", "d3", "u4", "d4", "c5"};
const std::vector<double> class_weights{1, 59.4507, 23.3190, 71.8481};

Section adversary_section(const std::string& threshold, const std::string& weight = "0.2") {
  return {"adversary",
          "",
          "test",
          {{"network", "hierarchical-discriminator", "test"},
           {"width", "2", "test"},
           {"weight", weight, "test"},
           {"update-below-accuracy", threshold, "test"}}};
}

Setup tiny_setup(const std::string& threshold, at::ScalarType type = at::kDouble) {
  methods::Setup setup = setup_of(tiny_model({"flair", "t1", "t2"}, 1, type));
  setup.frozen = {{"teacher", tiny_model({"flair", "t1ce", "t1", "t2"}, 2, type)}};
  setup.terms = {cross_entropy_section()};
  setup.adversary = adversary_section(threshold);
  setup.networks[0].regimen.optimizer = {.learning_rate = 2e-4, .beta1 = 0.5, .beta2 = 0.999};
  setup.seed = 3;
  return setup;
}

/// The iteration as it is written down for the official code: the discriminator takes part in the
/// student's backward pass, its gradients are discarded, and it scores the student's maps again.
class LiteralOrder {
 public:
  LiteralOrder(const Setup& setup, double threshold) : threshold_(threshold) {
    student_ = tiny_model({"flair", "t1", "t2"}, 1, at::kDouble);
    teacher_ = *setup.teacher();
    const Section section{
        "network", "hierarchical-discriminator", "test", {{"width", "2", "test"}}};
    judge_ = models::make_discriminator(section, 3, 4);
    models::initialize(*judge_, setup.seed);
    judge_->module()->to(at::kDouble);
    const optim::Options options{.learning_rate = 2e-4, .beta1 = 0.5, .beta2 = 0.999};
    student_adam_ = optim::make_optimizer(student_.network->module(), options);
    judge_adam_ = optim::make_optimizer(*judge_->module(), options);
  }

  bool iterate(const tensor::Draw& draw, const StepInfo& info) {
    const auto& batch = draw.at(case_stream);
    const at::Tensor images = images_of(batch, {"flair", "t1", "t2"});
    tensor::Output t;
    {
      const at::NoGradGuard guard;
      auto noise = step_noise(info, "teacher", 1);
      t = teacher_.network->forward({.image = batch.input.image, .noise = &noise}, taps);
    }
    auto noise = step_noise(info, "student", 1);
    const tensor::Output s = student_.network->forward({.image = images, .noise = &noise}, taps);
    student_adam_->zero_grad();
    const at::Tensor loss = losses::cross_entropy(s.logits, batch.target.classes, class_weights) +
                            0.2 * losses::adversarial_term(judge_->forward(images, s));
    loss.backward();
    student_adam_->step(2e-4);

    judge_adam_->zero_grad();
    tensor::Output detached;
    detached.logits = s.logits.detach();
    for (const auto& name : taps) detached.extra.set(name, s.extra.get(name).detach());
    const at::Tensor r = judge_->forward(images, t), q = judge_->forward(images, detached);
    last_loss = losses::discriminator_loss(r, q).item<double>();
    if (!(losses::discriminator_accuracy(r, q) <= threshold_)) return false;
    losses::discriminator_loss(r, q).backward();
    judge_adam_->step(2e-4);
    return true;
  }

  double last_loss = 0;
  models::Model student_, teacher_;
  std::shared_ptr<models::Discriminator> judge_;

 private:
  double threshold_;
  std::unique_ptr<optim::Optimizer> student_adam_, judge_adam_;
};

std::shared_ptr<torch::nn::Module> role_of(Method& method, const std::string& name) {
  for (const auto& part : method.parts())
    if (part.name == name) return part.module;
  return nullptr;
}

/// Dropout is on in both networks; float64, because gradients that are exactly 0 in theory (biases
/// before an instance norm) are noise that Adam scales up.
void expect_equal_to_literal_order(const std::string& threshold, bool updates) {
  const methods::Setup setup = tiny_setup(threshold);
  LiteralOrder literal(setup, std::stod(threshold));
  const auto method = make_teacher_student(setup);
  for (int step = 0; step < 3; ++step) {
    StepInfo info;
    info.step = step;
    info.steps = 3;
    info.seed = 9;
    const auto draw = tiny_draw(step, at::kDouble);
    const Report report = method->step(draw, info);
    EXPECT_EQ(literal.iterate(draw, info), updates);
    EXPECT_EQ(report.at("discriminator-updated"), updates ? 1 : 0);
    EXPECT_NEAR(report.at("discriminator"), literal.last_loss, 1e-9);
  }
  EXPECT_LT(largest_difference(copies(*role_of(*method, "student")),
                               copies(literal.student_.network->module())),
            1e-6);
  EXPECT_LT(largest_difference(copies(*role_of(*method, "discriminator")),
                               copies(*literal.judge_->module())),
            1e-6);
}

TEST(TeacherStudent, EqualsThePublishedOrderWhereTheDiscriminatorLearns) {
  expect_equal_to_literal_order("1", true);
}

TEST(TeacherStudent, EqualsThePublishedOrderWhereTheDiscriminatorWaits) {
  // On one patch (input of side 32) the accuracy is 0, 0.5 or 1; scores near 0 make it 0.5 or more.
  expect_equal_to_literal_order("0.1", false);
}

TEST(TeacherStudent, BothNetworksMoveAndTheTeacherStays) {
  const methods::Setup setup = tiny_setup("1", at::kFloat);
  const auto method = make_teacher_student(setup);
  const auto student = copies(*role_of(*method, "student"));
  const auto judge = copies(*role_of(*method, "discriminator"));
  const auto teacher = copies(setup.teacher()->network->module());
  const Report report = method->step(tiny_draw(0), {});
  EXPECT_GT(largest_difference(student, copies(*role_of(*method, "student"))), 1e-5);
  EXPECT_GT(largest_difference(judge, copies(*role_of(*method, "discriminator"))), 1e-5);
  EXPECT_EQ(largest_difference(teacher, copies(setup.teacher()->network->module())), 0);
  for (const auto& p : setup.teacher()->network->module().parameters())
    EXPECT_FALSE(p.grad().defined());
  EXPECT_NEAR(report.at("loss"), report.at("cross-entropy") + 0.2 * report.at("adversarial"), 1e-6);
}

TEST(TeacherStudent, TeacherDropoutCanBeSwitchedOff) {
  const auto discriminator_loss = [](bool dropout, int64_t step) {
    methods::Setup setup = tiny_setup("1", at::kFloat);
    setup.teacher_dropout = dropout;
    // The student's own dropout is off, so only the teacher's can change with the step.
    student_of(setup) = tiny_model({"flair", "t1", "t2"}, 1, at::kFloat, "0");
    StepInfo info;
    info.step = step;
    return make_teacher_student(setup)->step(tiny_draw(0), info).at("discriminator");
  };
  EXPECT_EQ(discriminator_loss(false, 0), discriminator_loss(false, 1));
  EXPECT_NE(discriminator_loss(true, 0), discriminator_loss(true, 1));
}

TEST(TeacherStudent, WithoutWeightTheAdversaryIsNotComputedAndLabelsTrainAlone) {
  methods::Setup alone = tiny_setup("1", at::kFloat), control = tiny_setup("1", at::kFloat);
  control.adversary = adversary_section("1", "0");
  alone.adversary.reset();
  alone.frozen.clear();
  const auto a = make_teacher_student(control), b = make_supervised(alone);
  EXPECT_EQ(a->parts().size(), 2u);
  EXPECT_EQ(a->step(tiny_draw(0), {}), b->step(tiny_draw(0), {}));
  EXPECT_EQ(largest_difference(copies(*role_of(*a, "student")), copies(*role_of(*b, "student"))),
            0);
}

TEST(TeacherStudent, CountsItsWork) {
  const methods::Setup setup = tiny_setup("1", at::kFloat);
  const std::array<int64_t, 3> size{32, 32, 32};
  const Section section{"network", "hierarchical-discriminator", "test", {{"width", "2", "test"}}};
  auto& student = *student_of(setup).network;
  const int64_t judge =
      models::macs_of(*models::make_discriminator(section, 3, 4), student, 3, size);
  EXPECT_EQ(make_teacher_student(setup)->macs({{case_stream, {size, 2}}}),
            2 * (3 * models::macs_of(student, 3, size) +
                 models::macs_of(*setup.teacher()->network, 4, size) + 7 * judge));
}

TEST(TeacherStudent, RefusesWrongSettings) {
  methods::Setup setup = tiny_setup("1", at::kFloat);
  setup.frozen.clear();
  EXPECT_THROW(make_teacher_student(setup), UsageError);
  setup = tiny_setup("1", at::kFloat);
  setup.adversary.reset();  // nothing uses the teacher
  EXPECT_THROW(make_teacher_student(setup), UsageError);
  setup = tiny_setup("2", at::kFloat);  // an accuracy above 1
  EXPECT_THROW(make_teacher_student(setup), UsageError);
  setup = tiny_setup("1", at::kFloat);
  setup.adversary->settings.push_back({"wieght", "1", "a.ini:9"});
  EXPECT_THROW(make_teacher_student(setup), UsageError);
}

}  // namespace
}  // namespace kdseg::methods
