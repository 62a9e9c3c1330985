#include "train/describe.h"

#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <fmt/format.h>
#include <torch/nn/module.h>

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"
#include "infer/memory.h"
#include "methods/procedures.h"
#include "models/catalog.h"
#include "models/layers/convolution.h"

namespace kdseg::train {
namespace {

/// A sample per stream of a cube (slices: a square) of this side.
tensor::Draw probe_of(int64_t side, const std::vector<DescribedStream>& streams,
                      at::Device device) {
  tensor::Draw draw;
  for (const auto& stream : streams) {
    std::vector<int64_t> shape(stream.slices ? 2 : 3, side);
    tensor::Batch& batch = draw[stream.name];
    shape.insert(shape.begin(), 1);
    if (stream.labelled) batch.target.classes = at::zeros(shape, at::kLong).to(device);
    shape.insert(shape.begin() + 1, static_cast<int64_t>(stream.channels.size()));
    batch.input.image = at::rand(shape).to(device);
    batch.channels = stream.channels;
    batch.cases = {"probe"};
  }
  return draw;
}

/// Bytes that an iteration needs at its peak for inputs of this side, beside what stays. The
/// watched step lets go of the former one's gradients before it makes its own, so they are no part
/// of it.
int64_t measured_peak(methods::Method& method, int64_t side,
                      const std::vector<DescribedStream>& streams, at::Device device) {
  const auto draw = probe_of(side, streams, device);
  const auto watch = std::make_shared<infer::MemoryWatch>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, watch);
  method.step(draw, {});  // gradients and moments exist from here on
  watch->restart();
  method.step(draw, {});
  return watch->peak();
}

/// The method with networks for images of this side, where some take images of one size alone; null
/// where none does.
std::unique_ptr<methods::Method> method_of_size(int64_t side, const std::string& procedure,
                                                methods::Setup setup) {
  bool other = false;
  for (auto& trained : setup.networks) {
    models::Model& model = trained.model;
    for (auto& s : model.section.settings) {
      if (s.key != "image-size") continue;
      s.value = std::to_string(side);
      model.network =
          models::make_network(model.section, static_cast<int64_t>(model.contract.channels.size()),
                               model.contract.head.channels());
      model.network->module().to(setup.device);
      other = true;
    }
  }
  return other ? methods::make_method(procedure, setup) : nullptr;
}

std::string thousands(int64_t value) {
  const std::string digits = std::to_string(value);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

std::string size_of(const DescribedStream& stream) {
  return stream.slices ? fmt::format("{} x {} pixels", stream.shape.size[0], stream.shape.size[1])
                       : fmt::format("{} x {} x {} voxels", stream.shape.size[0],
                                     stream.shape.size[1], stream.shape.size[2]);
}

double voxels_of(const DescribedStream& stream) {
  return static_cast<double>(stream.shape.size[0] * stream.shape.size[1] * stream.shape.size[2] *
                             stream.shape.batch);
}

}  // namespace

IterationMemory memory_of(methods::Method& method, const std::string& procedure,
                          const methods::Setup& setup,
                          const std::vector<DescribedStream>& streams) {
  constexpr double gib = 1024.0 * 1024 * 1024;
  IterationMemory memory;
  for (const auto& part : method.parts())
    // Value, gradient and two moments of what is trained; the value alone of what is not.
    memory.parameters += static_cast<double>(models::parameter_count(*part.module)) *
                         sizeof(float) * (part.optimizer ? 4 : 1) / gib;
  int64_t side = 32;
  for (const auto* one : setup.learning())
    side = std::max(side, one->model.network->minimum_size());
  double voxels = 0, probed = 0;
  for (const auto& stream : streams) {
    voxels += voxels_of(stream);
    probed += static_cast<double>(side * side * (stream.slices ? 1 : side));
  }
  const auto smaller = method_of_size(side, procedure, setup);
  memory.activations =
      voxels / probed / gib *
      static_cast<double>(measured_peak(smaller ? *smaller : method, side, streams, setup.device));
  return memory;
}

std::string describe_run(methods::Method& method, const std::string& procedure,
                         const methods::Setup& setup, const std::vector<DescribedStream>& streams) {
  std::string text;
  for (const auto& part : method.parts()) {
    const int64_t parameters = models::parameter_count(*part.module);
    text += fmt::format("{:<14} {:>13} parameters{}\n", part.name, thousands(parameters),
                        part.optimizer ? ""
                        : part.saved   ? ", averaged"
                                       : ", frozen");
  }
  for (const auto* one : setup.learning()) {
    const auto& contract = one->model.contract;
    text += fmt::format("{:<14} {} ({})\n", "architecture", one->model.section.name,
                        join(contract.channels, ","));
  }
  const Head& head = setup.learning().front()->model.contract.head;
  text += fmt::format("{:<14} {}\n", head.kind == Head::Kind::image ? "makes" : "classes",
                      join(head.names, ","));
  methods::Shapes shapes;
  for (const auto& stream : streams) {
    shapes[stream.name] = stream.shape;
    text += fmt::format("{:<14} {}{}, batch {}\n", "input",
                        streams.size() > 1 ? stream.name + ": " : "", size_of(stream),
                        stream.shape.batch);
  }
  text += fmt::format("{:<14} {:.1f} GMAC per iteration\n", "work",
                      1e-9 * static_cast<double>(method.macs(shapes)));
  const IterationMemory memory = memory_of(method, procedure, setup, streams);
  text += fmt::format("{:<14} about {:.2f} GiB (parameters {:.2f}, activations {:.2f})\n", "memory",
                      memory.total(), memory.parameters, memory.activations);
  return text;
}

}  // namespace kdseg::train
