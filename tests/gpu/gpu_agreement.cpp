// CPU and GPU agree: predictions, one supervised step, one HAD-Net iteration, float32 with TF32
// off.
#include <gtest/gtest.h>

#include "infer/mc_dropout.h"
#include "infer/predict.h"
#include "methods/procedures.h"
#include "tensor/device.h"
#include "unit/methods/tiny.h"

namespace kdseg {
namespace {

class Gpu : public testing::Test {
 protected:
  void SetUp() override {
    TensorSettings settings;
    settings.deterministic = true;
    device_ = tensor::configure(settings, 1);
    if (device_.is_cpu()) GTEST_SKIP() << "no usable GPU on this machine";
  }
  at::Device device_ = at::kCPU;
};

double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor reference = a.detach().to(at::kCPU, at::kDouble);
  const at::Tensor other = b.detach().to(at::kCPU, at::kDouble);
  return ((reference - other).norm() / reference.norm()).item<double>();
}

tensor::Draw moved(tensor::Draw draw, at::Device device) {
  for (auto& [stream, batch] : draw) {
    batch.input.image = batch.input.image.to(device);
    batch.target.classes = batch.target.classes.to(device);
  }
  return draw;
}

models::Model model_on(const std::vector<std::string>& channels, uint64_t seed, at::Device device) {
  models::Model model = methods::tiny_model(channels, seed);
  model.network->module().to(device);
  return model;
}

/// The report of three steps and the student's parameters afterwards.
struct Outcome {
  std::vector<methods::Report> reports;
  std::vector<at::Tensor> parameters;
};

Outcome train(const std::string& procedure, at::Device device) {
  const bool distill = procedure == "teacher-student";
  methods::Setup setup =
      methods::setup_of(distill ? model_on({"flair", "t1", "t2"}, 1, device)
                                : model_on({"flair", "t1ce", "t1", "t2"}, 1, device));
  setup.device = device;
  setup.terms = {methods::cross_entropy_section()};
  setup.networks[0].regimen.optimizer.learning_rate = 1e-4;
  if (distill) {
    setup.frozen = {{"teacher", model_on({"flair", "t1ce", "t1", "t2"}, 2, device)}};
    setup.adversary = Section{"adversary",
                              "",
                              "test",
                              {{"network", "hierarchical-discriminator", "test"},
                               {"width", "2", "test"},
                               {"update-below-accuracy", "1", "test"}}};
  }
  const auto method = methods::make_method(procedure, setup);
  Outcome outcome;
  methods::StepInfo info;
  info.steps = 3;
  for (; info.step < 3; ++info.step)
    outcome.reports.push_back(
        method->step(moved(methods::tiny_draw(static_cast<int>(info.step)), device), info));
  outcome.parameters = methods::copies(methods::student_of(setup).network->module());
  return outcome;
}

void expect_agreement(const std::string& procedure, at::Device device) {
  const Outcome cpu = train(procedure, at::kCPU);
  const Outcome other = train(procedure, device);
  for (size_t i = 0; i < cpu.reports.size(); ++i)
    for (const auto& [name, value] : cpu.reports[i])
      EXPECT_NEAR(other.reports[i].at(name), value, 1e-3 * std::max(1.0, std::abs(value)))
          << name << " in step " << i;
  for (size_t i = 0; i < cpu.parameters.size(); ++i) {
    // Adam divides by the root of the second moment: a gradient near 0 may move a parameter by the
    // whole learning rate in either direction.
    const double far =
        (cpu.parameters[i] - other.parameters[i].to(at::kCPU)).abs().max().item<double>();
    EXPECT_LE(far, 2 * 3 * 1e-4) << "parameter " << i;
  }
}

TEST_F(Gpu, PredictsAsTheCpuDoes) {
  const at::Tensor image = methods::tiny_draw(1).at(methods::case_stream).input.image;
  const models::Model cpu = model_on({"flair", "t1ce", "t1", "t2"}, 3, at::kCPU);
  const models::Model other = model_on({"flair", "t1ce", "t1", "t2"}, 3, device_);
  infer::PredictOptions options;
  const at::Tensor expected =
      infer::probabilities(*cpu.network, cpu.contract.head, {}, image, options);
  options.device = device_;
  const at::Tensor found =
      infer::probabilities(*other.network, other.contract.head, {}, image.to(device_), options);
  EXPECT_LE(relative_difference(expected, found), 1e-4);
}

// The same masks on either device, several samples in one pass there.
TEST_F(Gpu, SamplesAsTheCpuDoes) {
  const at::Tensor image = methods::tiny_draw(1).at(methods::case_stream).input.image;
  const models::Model cpu = model_on({"flair", "t1ce", "t1", "t2"}, 3, at::kCPU);
  const models::Model other = model_on({"flair", "t1ce", "t1", "t2"}, 3, device_);
  const infer::SampleOptions sampling{.samples = 5, .seed = 3};
  const auto mean = [&](const models::Model& model, const at::Tensor& input) {
    return infer::sample_means(*model.network, model.contract.head, {}, input, "X", {}, {},
                               sampling)
        .probability;
  };
  EXPECT_LE(relative_difference(mean(cpu, image), mean(other, image.to(device_))), 1e-4);
}

TEST_F(Gpu, TrainsFromLabelsAsTheCpuDoes) { expect_agreement("supervised", device_); }

TEST_F(Gpu, DistillsAsTheCpuDoes) { expect_agreement("teacher-student", device_); }

}  // namespace
}  // namespace kdseg
