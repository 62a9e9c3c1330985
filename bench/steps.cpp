// Times training steps of HAD-Net's and MKD's networks and sampling with dropout on random data,
// the counterpart of pytorch_reference.py and pytorch_unpaired.py.
#include <ATen/TensorOperators.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <c10/core/GradMode.h>
#include <fmt/format.h>
#include <torch/nn/module.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "base/text.h"
#include "infer/mc_dropout.h"
#include "methods/procedures.h"
#include "models/catalog.h"
#include "tensor/device.h"
#include "tensor/noise.h"

namespace {
using namespace kdseg;

struct Arguments {
  std::string what, convolution = "auto", precision = "fp32", dropout_blocks = "all",
                    device = "cpu";
  int64_t side = 48, width = 8, threads = 1, steps = 10, warmup = 2, samples = 20, at_once = 0,
          batch = 2;
};

Arguments parse(int argc, char** argv) {
  Arguments a;
  if (argc < 2)
    throw std::runtime_error(
        "usage: bench_steps supervised|had-net|unpaired|mc-dropout|mc-dropout-naive [--side N] "
        "...");
  a.what = argv[1];
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--convolution")
      a.convolution = value;
    else if (name == "--device")
      a.device = value;
    else if (name == "--precision")
      a.precision = value;
    else if (name == "--dropout-blocks")
      a.dropout_blocks = value;
    else if (name == "--samples")
      a.samples = std::stoll(value);
    else if (name == "--samples-at-once")
      a.at_once = std::stoll(value);
    else if (name == "--side")
      a.side = std::stoll(value);
    else if (name == "--batch")
      a.batch = std::stoll(value);
    else if (name == "--width")
      a.width = std::stoll(value);
    else if (name == "--threads")
      a.threads = std::stoll(value);
    else if (name == "--steps")
      a.steps = std::stoll(value);
    else if (name == "--warmup")
      a.warmup = std::stoll(value);
    else
      throw std::runtime_error("unknown option " + name);
  }
  return a;
}

models::Model make_model(const Arguments& a, int64_t channels, uint64_t seed, at::Device device) {
  models::Model model;
  const Section section{
      "network",
      "had-net-unet",
      "bench",
      {{"convolution", a.convolution, "bench"}, {"dropout-blocks", a.dropout_blocks, "bench"}}};
  model.network = models::make_network(section, channels, 4, a.width, &model.section);
  models::initialize(*model.network, seed);
  model.network->module().to(device);
  model.contract.channels = channels == 4 ? std::vector<std::string>{"flair", "t1ce", "t1", "t2"}
                                          : std::vector<std::string>{"flair", "t1", "t2"};
  model.contract.head = {
      Head::Kind::softmax, {"background", "NCR", "ED", "ET"}, {{0}, {1}, {2}, {3}}, {0, 1, 2, 4}};
  return model;
}

/// Waits until the device has done all it was given: a value read from it comes last.
void finish(at::Device device) {
  if (!device.is_cpu()) at::rand({1}, at::TensorOptions(device)).item<float>();
}

/// Calls work() after the warm-up `steps` times and prints how long each took.
template <class Work>
void time_each(const Arguments& a, at::Device device, Work&& work) {
  for (int64_t step = 0; step < a.warmup + a.steps; ++step) {
    const auto start = std::chrono::steady_clock::now();
    work(step);
    finish(device);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    if (step >= a.warmup) fmt::print("{:.3f}\n", took.count());
  }
}

/// One case: the mean of all samples. naive: every sample is a whole forward pass of its own.
void run_samples(const Arguments& a, bool naive, at::Device device) {
  const models::Model model = make_model(a, 3, 1, device);
  const at::Tensor image = at::rand({1, 3, a.side, a.side, a.side}, at::TensorOptions(device));
  infer::PredictOptions options;
  options.precision = a.precision;
  time_each(a, device, [&](int64_t) {
    infer::SampleOptions sampling{.samples = a.samples, .at_once = a.at_once};
    if (!naive) {
      infer::sample_means(*model.network, model.contract.head, {}, image, "bench", {}, options,
                          sampling);
      return;
    }
    const c10::NoGradGuard no_grad;
    at::Tensor mean;
    for (int64_t s = 0; s < a.samples; ++s) {
      tensor::Noise noise(0, {infer::sample_key(0, "bench", s)});
      tensor::Input input;
      input.image = image;
      input.noise = &noise;
      const at::Tensor p = infer::probabilities_of(*model.network, model.contract.head, input,
                                                   tensor::compute_type(a.precision));
      mean = s == 0 ? p : mean.add_(p);
    }
    mean.div_(static_cast<double>(a.samples));
  });
}

void run_training(const Arguments& a, at::Device device) {
  const bool distill = a.what == "had-net";
  methods::Setup setup;
  setup.device = device;
  setup.networks.push_back({"network", make_model(a, distill ? 3 : 4, 1, device), {}});
  setup.compute = tensor::compute_type(a.precision);
  setup.terms = {{"term",
                  "cross-entropy",
                  "bench",
                  {{"class-weights", "1 59.4507 23.3190 71.8481", "bench"}}}};
  if (!distill) setup.networks[0].regimen.optimizer.name = "adamw";
  if (distill) {
    setup.frozen = {{"teacher", make_model(a, 4, 2, device)}};
    // Updated in every step, as in the reference: the same work each time.
    setup.adversary = Section{"adversary",
                              "",
                              "bench",
                              {{"network", "hierarchical-discriminator", "bench"},
                               {"width", std::to_string(a.width), "bench"},
                               {"update-below-accuracy", "1", "bench"}}};
  }
  const auto method = methods::make_method(distill ? "teacher-student" : "supervised", setup);
  tensor::Batch batch;
  batch.input.image = at::rand({1, 4, a.side, a.side, a.side}, at::TensorOptions(device));
  batch.target.classes =
      at::randint(0, 4, {1, a.side, a.side, a.side}, at::TensorOptions(device).dtype(at::kLong));
  batch.cases = {"bench"};
  batch.channels = {"flair", "t1ce", "t1", "t2"};
  const tensor::Draw draw{{methods::case_stream, batch}};
  methods::StepInfo info;
  info.steps = a.warmup + a.steps;
  time_each(a, device, [&](int64_t step) {
    info.step = step;
    method->step(draw, info);
  });
}

models::Model slice_model(const Arguments& a, const char* kind, int64_t width, const char* channel,
                          Head head, uint64_t seed, at::Device device) {
  models::Model model;
  const Section section{"network", kind, "bench", {{"convolution", a.convolution, "bench"}}};
  model.contract.channels = {channel};
  model.contract.head = std::move(head);
  model.network =
      models::make_network(section, 1, model.contract.head.channels(), width, &model.section);
  models::initialize(*model.network, seed);
  model.network->module().to(device);
  return model;
}

std::shared_ptr<models::Discriminator> slice_judge(const Arguments& a, uint64_t seed,
                                                   at::Device device) {
  auto judge = models::make_discriminator(
      {"network", "patch-gan", "bench", {{"convolution", a.convolution, "bench"}}}, 1, 1,
      4 * a.width);
  models::initialize(*judge, seed);
  judge->module()->to(device);
  return judge;
}

/// An iteration of MKD (Li et al. 2020): the counterpart of pytorch_unpaired.py. Networks have the
/// paper's proportions.
void run_unpaired(const Arguments& a, at::Device device) {
  constexpr int classes = 8;
  Head segments;
  for (int k = 0; k < classes; ++k) {
    segments.names.push_back("c" + std::to_string(k));
    segments.classes_of.push_back({k});
    segments.codes.push_back(k);
  }
  const auto section = [](const char* kind, const char* name, std::vector<Setting> settings) {
    return Section{kind, name, "bench", std::move(settings)};
  };
  methods::Setup setup;
  setup.device = device;
  setup.compute = tensor::compute_type(a.precision);
  setup.streams = {{"a", {"mr"}}, {"t", {"ct"}}};
  setup.networks = {{"syn", slice_model(a, "resunet2d", a.width, "ct", segments, 1, device), {}},
                    {"real", slice_model(a, "resunet2d", a.width, "ct", segments, 2, device), {}}};
  setup.terms = {section("term", "cross-entropy", {}),
                 section("term", "dice",
                         {{"smoothing", "1e-7", ""},
                          {"denominator", "squared-prediction", ""},
                          {"sums", "batch", ""},
                          {"smoothed", "below", ""}}),
                 section("term", "teacher-cross-entropy", {})};
  setup.supervise = {section("supervise", "syn",
                             {{"network", "syn", ""}, {"stream", "a>t", ""}, {"shapes", "1", ""}}),
                     section("supervise", "real", {{"network", "real", ""}, {"stream", "t", ""}})};
  setup.distil = {section("distil", "s-r",
                          {{"teacher", "syn", ""},
                           {"student", "real", ""},
                           {"stream", "a>t", ""},
                           {"weight", "0.5", ""}}),
                  section("distil", "r-s",
                          {{"teacher", "real", ""}, {"student", "syn", ""}, {"stream", "t", ""}})};
  const auto images = [](const char* name) { return Head{Head::Kind::image, {name}, {{}}, {}}; };
  methods::TranslationSetup t;
  t.from = "a";
  t.to = "t";
  methods::Regimen adam;
  adam.optimizer.beta1 = 0.5;
  const int64_t width = 2 * a.width;
  t.there = {"a-to-t", slice_model(a, "resnet-generator", width, "mr", images("ct"), 3, device),
             adam};
  t.back = {"t-to-a", slice_model(a, "resnet-generator", width, "ct", images("mr"), 4, device),
            adam};
  t.judge_of_to = slice_judge(a, 5, device);
  t.judge_of_from = slice_judge(a, 6, device);
  t.judging = adam;
  t.section = section("translation", "", {{"pool", "0", ""}});
  setup.translation = std::move(t);
  const auto method = methods::make_method("unpaired", setup);
  tensor::Draw draw;
  for (const auto* name : {"a", "t"}) {
    tensor::Batch& batch = draw[name];
    batch.input.image =
        at::rand({a.batch, 1, a.side, a.side}, at::TensorOptions(device)) * 2.0 - 1.0;
    batch.target.classes = at::randint(0, classes, {a.batch, a.side, a.side},
                                       at::TensorOptions(device).dtype(at::kLong));
    batch.cases.assign(static_cast<size_t>(a.batch), "bench");
  }
  methods::StepInfo info;
  info.steps = a.warmup + a.steps;
  time_each(a, device, [&](int64_t step) {
    info.step = step;
    method->step(draw, info);
  });
}

void run(const Arguments& a) {
  TensorSettings tensor;
  tensor.device = a.device;
  tensor.precision = a.precision;
  const at::Device device = tensor::configure(tensor, static_cast<int>(a.threads));
  if (a.what.starts_with("mc-dropout"))
    run_samples(a, a.what == "mc-dropout-naive", device);
  else if (a.what == "unpaired")
    run_unpaired(a, device);
  else
    run_training(a, device);
}
}  // namespace

int main(int argc, char** argv) {
  try {
    run(parse(argc, argv));
  } catch (const std::exception& e) {
    fmt::print(stderr, "bench_steps: error: {}\n", e.what());
    return 1;
  }
}
