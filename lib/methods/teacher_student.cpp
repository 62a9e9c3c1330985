#include "methods/teacher_student.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/nn/module.h>

#include <algorithm>

#include "losses/objective.h"
#include "methods/adversary.h"
#include "methods/losses_of_step.h"
#include "methods/subsets.h"
#include "tensor/device.h"

namespace kdseg::methods {
namespace {

std::vector<std::string> united(std::vector<std::string> a, const std::vector<std::string>& b) {
  for (const auto& name : b)
    if (std::find(a.begin(), a.end(), name) == a.end()) a.push_back(name);
  return a;
}

class TeacherStudent : public Method {
 public:
  explicit TeacherStudent(const Setup& setup)
      : setup_(setup),
        objective_(setup.terms),
        optimizer_(setup_.student.network->module(), setup.optimizer) {
    if (!setup_.teacher) throw UsageError("the procedure teacher-student needs --teacher");
    require_use_of_teacher(objective_, setup_.adversary.has_value());
    require_subsets_taken(setup_);
    if (objective_.needs_weights())
      weights_ = convolution_weights(setup_.student.network->module());
    if (setup_.adversary) {
      const auto channels = static_cast<int64_t>(setup_.student.contract.channels.size());
      auto made = std::make_unique<Adversary>(
          *setup_.adversary, channels, setup_.student.contract.head.channels(), setup_.device,
          setup_.compute, parameter_type(), setup_.seed);
      // A weight of 0 leaves the student untouched by the adversary: it is not computed at all.
      if (made->weight() > 0) adversary_ = std::move(made);
    }
    student_needs_ = objective_.student_needs();
    teacher_needs_ = objective_.teacher_needs();
    if (adversary_) {
      student_needs_ = united(student_needs_, adversary_->needs());
      teacher_needs_ = united(teacher_needs_, adversary_->needs());
    }
    for (auto& p : setup_.teacher->network->module().parameters()) p.set_requires_grad(false);
  }

  std::vector<std::string> streams() const override { return {case_stream}; }

  Report step(const tensor::Draw& draw, const StepInfo& info) override {
    const auto& batch = draw.at(case_stream);
    const tensor::Output teacher = look_up_to_teacher(batch, info, setup_.teacher_dropout);
    const int64_t samples = batch.input.image.size(0);
    auto noise = step_noise(info, "student", samples);
    Forward student;
    student.input.present = present_of_step(setup_, info, samples);
    forward(batch, info, &noise, teacher, student);

    NamedScalars scalars = student.parts;
    at::Tensor total = student.loss.detach();
    std::vector<at::Tensor> roots{student.loss}, gradients{at::Tensor()};
    Adversary::Judgement judgement;
    Adversary::Lesson lesson;
    if (adversary_) {
      judgement = adversary_->judge(student.input.image, student.output);
      lesson = adversary_->compare(student.input.image, teacher, judgement);
      roots.insert(roots.end(), judgement.maps.begin(), judgement.maps.end());
      gradients.insert(gradients.end(), judgement.gradients.begin(), judgement.gradients.end());
      total = total + adversary_->weight() * judgement.adversarial;
      scalars.emplace_back("adversarial", judgement.adversarial);
      scalars.emplace_back("discriminator", lesson.loss);
    }
    scalars.emplace_back("loss", total);
    Report report = finite_report(scalars, info, batch.cases);

    optimizer_.zero_grad();
    torch::autograd::backward(roots, gradients);
    if (setup_.subsets) zero_missing_gradients(setup_.student.network->module());
    optimizer_.step(optimizer_.options().learning_rate * info.learning_rate_scale);
    if (adversary_) {
      report["discriminator-accuracy"] = lesson.accuracy;
      report["discriminator-updated"] = adversary_->learn(lesson, info.learning_rate_scale) ? 1 : 0;
    }
    return report;
  }

  Report validate(const tensor::Draw& draw, const StepInfo& info, at::Tensor* logits) override {
    const at::NoGradGuard guard;
    const auto& batch = draw.at(case_stream);
    tensor::Output teacher;
    if (objective_.needs_teacher()) teacher = look_up_to_teacher(batch, info, false);
    Forward student;
    forward(batch, info, nullptr, teacher, student);
    if (logits) *logits = student.output.logits;
    student.parts.emplace_back("loss", student.loss);
    return finite_report(student.parts, info, batch.cases);
  }

  std::vector<Role> roles() override {
    std::vector<Role> roles{{"student", setup_.student.network->shared_module(), &optimizer_},
                            {"teacher", setup_.teacher->network->shared_module(), nullptr}};
    if (adversary_)
      roles.push_back({"discriminator", adversary_->module(), &adversary_->optimizer()});
    return roles;
  }
  std::vector<Candidate> candidates() const override { return {{"student", {&setup_.student}}}; }

  int64_t macs(std::array<int64_t, 3> size) const override {
    const auto& student = *setup_.student.network;
    int64_t macs = 3 * (student.macs(size) + student.extra_macs(student_needs_, size));
    if (teacher_in_use()) macs += setup_.teacher->network->macs(size);
    return adversary_ ? macs + adversary_->macs(size) : macs;
  }

 private:
  struct Forward {
    tensor::Input input;
    tensor::Output output;
    at::Tensor loss;
    NamedScalars parts;
  };

  at::ScalarType parameter_type() {
    return setup_.student.network->module().parameters().front().scalar_type();
  }

  bool teacher_in_use() const { return adversary_ || objective_.needs_teacher(); }

  tensor::Output look_up_to_teacher(const tensor::Batch& batch, const StepInfo& info,
                                    bool dropout) {
    if (!teacher_in_use()) return {};
    const at::NoGradGuard guard;
    const tensor::Autocast cast(setup_.device, setup_.compute);
    auto noise = step_noise(info, "teacher", batch.input.image.size(0));
    tensor::Input input = batch.input;
    input.image = pick_channels(batch.input.image, setup_.teacher_channels);
    input.noise = dropout ? &noise : nullptr;
    return setup_.teacher->network->forward(input, teacher_needs_);
  }

  void forward(const tensor::Batch& batch, const StepInfo& info, tensor::Noise* noise,
               const tensor::Output& teacher, Forward& made) {
    made.input.domain = batch.input.domain;
    made.input.image = pick_channels(batch.input.image, setup_.student_channels);
    made.input.noise = noise;
    {
      const tensor::Autocast cast(setup_.device, setup_.compute);
      made.output = setup_.student.network->forward(made.input, student_needs_);
    }
    const losses::Evidence evidence{.input = made.input,
                                    .student = made.output,
                                    .teacher = teacher.logits.defined() ? &teacher : nullptr,
                                    .target = &batch.target,
                                    .head = setup_.student.contract.head,
                                    .epoch = info.epoch,
                                    .epochs = info.epochs,
                                    .weights = weights_};
    made.loss = objective_.value(evidence, &made.parts);
  }

  Setup setup_;
  losses::Objective objective_;
  optim::Adam optimizer_;
  std::unique_ptr<Adversary> adversary_;
  std::vector<std::string> student_needs_, teacher_needs_;
  std::vector<at::Tensor> weights_;
};

}  // namespace

void require_use_of_teacher(const losses::Objective& objective, bool adversary) {
  if (!adversary && !objective.needs_teacher())
    throw UsageError(
        "nothing in the settings uses the teacher: give [adversary], or a [term.NAME] that needs "
        "it");
}

std::unique_ptr<Method> make_teacher_student(const Setup& setup) {
  return std::make_unique<TeacherStudent>(setup);
}

}  // namespace kdseg::methods
