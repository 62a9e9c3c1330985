// Times training steps of HAD-Net's networks on random data, the counterpart of
// pytorch_reference.py.
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <string>

#include "base/text.h"
#include "methods/procedures.h"
#include "models/catalog.h"
#include "tensor/device.h"

namespace {
using namespace kdseg;

struct Arguments {
  std::string what, convolution = "auto", precision = "fp32";
  int64_t side = 48, width = 8, threads = 1, steps = 10, warmup = 2;
};

Arguments parse(int argc, char** argv) {
  Arguments a;
  if (argc < 2) throw std::runtime_error("usage: bench_steps supervised|had-net [--side N] ...");
  a.what = argv[1];
  for (int i = 2; i + 1 < argc; i += 2) {
    const std::string name = argv[i], value = argv[i + 1];
    if (name == "--convolution")
      a.convolution = value;
    else if (name == "--precision")
      a.precision = value;
    else if (name == "--side")
      a.side = std::stoll(value);
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

models::Model make_model(const Arguments& a, int64_t channels, uint64_t seed) {
  models::Model model;
  const Section section{
      "network", "had-net-unet", "bench", {{"convolution", a.convolution, "bench"}}};
  model.network = models::make_network(section, channels, 4, a.width, &model.section);
  models::initialize(*model.network, seed);
  model.contract.channels = channels == 4 ? std::vector<std::string>{"flair", "t1ce", "t1", "t2"}
                                          : std::vector<std::string>{"flair", "t1", "t2"};
  model.contract.head = {
      Head::Kind::softmax, {"background", "NCR", "ED", "ET"}, {{0}, {1}, {2}, {3}}, {0, 1, 2, 4}};
  return model;
}

void run(const Arguments& a) {
  TensorSettings tensor;
  tensor.device = "cpu";
  tensor.precision = a.precision;
  tensor::configure(tensor, static_cast<int>(a.threads));
  const bool distill = a.what == "had-net";
  methods::Setup setup;
  setup.student = make_model(a, distill ? 3 : 4, 1);
  setup.compute = tensor::compute_type(a.precision);
  setup.terms = {{"term",
                  "cross-entropy",
                  "bench",
                  {{"class-weights", "1 59.4507 23.3190 71.8481", "bench"}}}};
  setup.optimizer.decoupled = !distill;
  if (distill) {
    setup.student_channels = {0, 2, 3};
    setup.teacher = make_model(a, 4, 2);
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
  batch.input.image = at::rand({1, 4, a.side, a.side, a.side});
  batch.target.classes = at::randint(0, 4, {1, a.side, a.side, a.side}, at::kLong);
  batch.cases = {"bench"};
  const tensor::Draw draw{{methods::case_stream, batch}};
  methods::StepInfo info;
  info.steps = a.warmup + a.steps;
  for (; info.step < info.steps; ++info.step) {
    const auto start = std::chrono::steady_clock::now();
    method->step(draw, info);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    if (info.step >= a.warmup) fmt::print("{:.3f}\n", took.count());
  }
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
