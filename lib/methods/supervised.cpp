#include "methods/supervised.h"

#include <ATen/core/grad_mode.h>

#include "losses/objective.h"
#include "methods/losses_of_step.h"
#include "methods/subsets.h"
#include "tensor/device.h"

namespace kdseg::methods {
namespace {

class Supervised : public Method {
 public:
  explicit Supervised(const Setup& setup)
      : setup_(setup),
        objective_(setup.terms),
        needs_(objective_.student_needs()),
        optimizer_(setup_.student.network->module(), setup.optimizer) {
    if (objective_.needs_teacher())
      throw UsageError("a loss term needs a teacher, which training from labels does not have");
    require_subsets_taken(setup_);
    if (objective_.needs_weights())
      weights_ = convolution_weights(setup_.student.network->module());
  }

  std::vector<std::string> streams() const override { return {case_stream}; }

  Report step(const tensor::Draw& draw, const StepInfo& info) override {
    const auto& batch = draw.at(case_stream);
    const int64_t samples = batch.input.image.size(0);
    auto noise = step_noise(info, "student", samples);
    tensor::Output output;
    NamedScalars parts;
    const at::Tensor loss =
        forward(batch, info, &noise, present_of_step(setup_, info, samples), output, parts);
    const Report report = finite_report(parts, info, batch.cases);
    optimizer_.zero_grad();
    loss.backward();
    if (setup_.subsets) zero_missing_gradients(setup_.student.network->module());
    optimizer_.step(optimizer_.options().learning_rate * info.learning_rate_scale);
    return report;
  }

  Report validate(const tensor::Draw& draw, const StepInfo& info, at::Tensor* logits) override {
    const at::NoGradGuard guard;
    tensor::Output output;
    NamedScalars parts;
    const auto& batch = draw.at(case_stream);
    forward(batch, info, nullptr, {}, output, parts);
    if (logits) *logits = output.logits;
    return finite_report(parts, info, batch.cases);
  }

  std::vector<Role> roles() override {
    return {{"student", setup_.student.network->shared_module(), &optimizer_}};
  }
  std::vector<Candidate> candidates() const override { return {{"student", {&setup_.student}}}; }

  int64_t macs(std::array<int64_t, 3> size) const override {
    const auto& network = *setup_.student.network;
    return 3 * (network.macs(size) + network.extra_macs(needs_, size));
  }

 private:
  at::Tensor forward(const tensor::Batch& batch, const StepInfo& info, tensor::Noise* noise,
                     const at::Tensor& present, tensor::Output& output, NamedScalars& parts) {
    tensor::Input input = batch.input;
    input.image = pick_channels(batch.input.image, setup_.student_channels);
    input.noise = noise;
    input.present = present;
    {
      const tensor::Autocast cast(setup_.device, setup_.compute);
      output = setup_.student.network->forward(input, needs_);
    }
    tensor::Target target = batch.target;
    if (!setup_.made_channels.empty())
      target.image = pick_channels(batch.input.image, setup_.made_channels);
    const losses::Evidence evidence{.input = input,
                                    .student = output,
                                    .teacher = nullptr,
                                    .target = &target,
                                    .head = setup_.student.contract.head,
                                    .epoch = info.epoch,
                                    .epochs = info.epochs,
                                    .weights = weights_};
    const at::Tensor loss = objective_.value(evidence, &parts);
    parts.emplace_back("loss", loss);
    return loss;
  }

  Setup setup_;
  losses::Objective objective_;
  std::vector<std::string> needs_;
  std::vector<at::Tensor> weights_;
  optim::Adam optimizer_;
};

}  // namespace

std::unique_ptr<Method> make_supervised(const Setup& setup) {
  return std::make_unique<Supervised>(setup);
}

}  // namespace kdseg::methods
