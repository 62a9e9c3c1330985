#include "methods/single_network.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <torch/nn/module.h>

#include <algorithm>

#include "base/names.h"
#include "methods/adversary.h"
#include "methods/learner.h"
#include "tensor/device.h"

namespace kdseg::methods {
namespace {

class SingleNetwork : public Method {
 public:
  explicit SingleNetwork(const Setup& setup)
      : setup_(setup),
        stream_(setup_.streams.at(0).name),
        objective_(setup.terms),
        learner_(setup_.networks.at(0), setup_, "student"),
        teacher_(setup_.teacher()) {
    if (setup_.networks.size() > 1 || setup_.streams.size() > 1)
      throw UsageError(
          "this procedure trains one network on one stream; --procedure mutual takes several");
    if (setup_.adversary) make_adversary();
    needs_ = objective_.student_needs();
    teacher_needs_ = objective_.teacher_needs();
    if (adversary_) {
      add_missing(needs_, adversary_->needs());
      add_missing(teacher_needs_, adversary_->needs());
    }
    if (teacher_) freeze(*teacher_);
  }

  std::vector<std::string> streams() const override { return {stream_}; }

  Report step(const tensor::Draw& draw, const StepInfo& info) override {
    const auto& batch = draw.at(stream_);
    const tensor::Output teacher = look_up_to_teacher(batch, info, setup_.teacher_dropout);
    const Pass pass = learner_.forward(images_of(batch, channels()), needs_, info, true);
    NamedScalars scalars;
    const at::Tensor loss = loss_from(pass, batch, teacher, info, scalars);

    std::vector<at::Tensor> roots, gradients;
    at::Tensor total = at::zeros({});
    if (loss.defined()) {
      total = loss.detach();
      roots = {loss};
      gradients = {at::Tensor()};
    }
    Adversary::Judgement judgement;
    Adversary::Lesson lesson;
    if (adversary_) {
      judgement = adversary_->judge(pass.input.image, pass.output);
      lesson = adversary_->compare(pass.input.image, teacher, judgement);
      roots.insert(roots.end(), judgement.maps.begin(), judgement.maps.end());
      gradients.insert(gradients.end(), judgement.gradients.begin(), judgement.gradients.end());
      total = total + adversary_->weight() * judgement.adversarial;
      scalars.emplace_back("adversarial", judgement.adversarial);
      scalars.emplace_back("discriminator", lesson.loss);
    }
    scalars.emplace_back("loss", total);
    Report report = finite_report(scalars, info, batch.cases);

    learner_.update(roots, gradients, info);
    if (adversary_) {
      const double scale = setup_.schedule.at(info.step, info.steps) * info.plateau_scale;
      report["discriminator-accuracy"] = lesson.accuracy;
      report["discriminator-updated"] = adversary_->learn(lesson, scale) ? 1 : 0;
    }
    return report;
  }

  Report validate(const tensor::Batch& batch, const StepInfo& info, Logits* logits) override {
    const at::NoGradGuard guard;
    tensor::Output teacher;
    if (objective_.needs_teacher()) teacher = look_up_to_teacher(batch, info, false);
    const Pass pass = learner_.forward(images_of(batch, channels()), needs_, info, false);
    NamedScalars scalars;
    scalars.emplace_back("loss", loss_from(pass, batch, teacher, info, scalars));
    if (logits) (*logits)[learner_.name()] = pass.output.logits;
    return finite_report(scalars, info, batch.cases);
  }

  std::vector<Part> parts() override {
    std::vector<Part> parts{learner_.part()};
    if (teacher_) parts.push_back({"teacher", teacher_->network->shared_module(), nullptr, false});
    if (adversary_)
      parts.push_back({"discriminator", adversary_->module(), &adversary_->optimizer()});
    return parts;
  }
  std::vector<Candidate> candidates() const override {
    return {{learner_.name(), {{learner_.name(), &learner_.model()}}, true}};
  }

  int64_t macs(const Shapes& shapes) const override {
    const auto& [size, batch] = shapes.at(stream_);
    auto& network = *learner_.model().network;
    const auto own = static_cast<int64_t>(channels().size());
    int64_t macs = 3 * models::macs_of(network, own, size, needs_);
    if (teacher_in_use())
      macs += models::macs_of(*teacher_->network,
                              static_cast<int64_t>(teacher_->contract.channels.size()), size);
    if (adversary_) macs += adversary_->macs(network, own, size);
    return batch * macs;
  }

 private:
  const std::vector<std::string>& channels() const { return learner_.model().contract.channels; }

  void make_adversary() {
    const auto& contract = learner_.model().contract;
    const auto type = learner_.model().network->module().parameters().front().scalar_type();
    auto made = std::make_unique<Adversary>(
        *setup_.adversary, static_cast<int64_t>(contract.channels.size()), contract.head.channels(),
        setup_.device, setup_.compute, type, setup_.seed);
    // A weight of 0 leaves the student untouched by the adversary: it is not computed at all.
    if (made->weight() > 0) adversary_ = std::move(made);
  }

  bool teacher_in_use() const { return teacher_ && (adversary_ || objective_.needs_teacher()); }

  tensor::Output look_up_to_teacher(const tensor::Batch& batch, const StepInfo& info,
                                    bool dropout) {
    if (!teacher_in_use()) return {};
    const at::NoGradGuard guard;
    auto noise = step_noise(info, "teacher", batch.input.image.size(0));
    tensor::Input input;
    input.image = images_of(batch, teacher_->contract.channels);
    input.noise = dropout ? &noise : nullptr;
    return pass_of(*teacher_, std::move(input), teacher_needs_, setup_).output;
  }

  at::Tensor loss_from(const Pass& pass, const tensor::Batch& batch, const tensor::Output& teacher,
                       const StepInfo& info, NamedScalars& scalars) {
    return loss_of(objective_,
                   {learner_.model(), learner_.weights(), pass, batch,
                    teacher.logits.defined() ? &teacher : nullptr, info},
                   setup_, scalars);
  }

  Setup setup_;
  std::string stream_;
  losses::Objective objective_;
  Learner learner_;
  const models::Model* teacher_;  ///< null: none
  std::unique_ptr<Adversary> adversary_;
  std::vector<std::string> needs_, teacher_needs_;
};

}  // namespace

void require_use_of_teacher(const losses::Objective& objective, bool adversary) {
  if (!adversary && !objective.needs_teacher())
    throw UsageError(
        "nothing in the settings uses the teacher: give [adversary], or a [term.NAME] that needs "
        "it");
}

std::unique_ptr<Method> make_supervised(const Setup& setup) {
  if (losses::Objective(setup.terms).needs_teacher())
    throw UsageError("a loss term needs a teacher, which training from labels does not have");
  if (setup.adversary) throw UsageError("[adversary] needs a teacher");
  return std::make_unique<SingleNetwork>(setup);
}

std::unique_ptr<Method> make_teacher_student(const Setup& setup) {
  if (!setup.teacher()) throw UsageError("the procedure teacher-student needs --teacher");
  require_use_of_teacher(losses::Objective(setup.terms), setup.adversary.has_value());
  return std::make_unique<SingleNetwork>(setup);
}

}  // namespace kdseg::methods
