#include "train/describe.h"

#include <ATen/ops/rand.h>
#include <ATen/ops/zeros.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"
#include "infer/memory.h"
#include "models/layers.h"

namespace kdseg::train {
namespace {

tensor::Draw probe_of(int64_t side, int64_t channels, at::Device device) {
  tensor::Batch batch;
  batch.input.image = at::rand({1, channels, side, side, side}).to(device);
  batch.target.classes = at::zeros({1, side, side, side}, at::kLong).to(device);
  batch.cases = {"probe"};
  return {{methods::case_stream, batch}};
}

/// Bytes that an iteration needs at its peak for a cube of this side, beside what stays. The
/// watched step lets go of the former one's gradients before it makes its own, so they are no part
/// of it.
int64_t measured_peak(methods::Method& method, int64_t side, int64_t channels, at::Device device) {
  const auto draw = probe_of(side, channels, device);
  const auto watch = std::make_shared<infer::MemoryWatch>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, watch);
  method.step(draw, {});  // gradients and moments exist from here on
  watch->restart();
  method.step(draw, {});
  return watch->peak();
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

}  // namespace

std::string describe_run(methods::Method& method, const methods::Setup& setup,
                         std::array<int64_t, 3> size, int64_t batch, int64_t channels) {
  std::string text;
  double fixed_bytes = 0;
  for (const auto& role : method.roles()) {
    const int64_t parameters = models::parameter_count(*role.module);
    // Value, gradient and two moments of what is trained; the value alone of what is frozen.
    fixed_bytes += static_cast<double>(parameters) * sizeof(float) * (role.optimizer ? 4 : 1);
    text += fmt::format("{:<14} {:>13} parameters{}\n", role.name, thousands(parameters),
                        role.optimizer ? "" : ", frozen");
  }
  const auto& contract = setup.student.contract;
  text += fmt::format("{:<14} {} ({})\n", "network", setup.student.section.name,
                      join(contract.channels, ","));
  text += fmt::format("{:<14} {}\n", contract.head.kind == Head::Kind::image ? "makes" : "classes",
                      join(contract.head.names, ","));
  text += fmt::format("{:<14} {} x {} x {} voxels, batch {}\n", "input", size[0], size[1], size[2],
                      batch);
  text += fmt::format("{:<14} {:.1f} GMAC per iteration\n", "work",
                      1e-9 * static_cast<double>(method.macs(size) * batch));

  const int64_t side = std::max<int64_t>(32, setup.student.network->minimum_size());
  const double scale = static_cast<double>(size[0] * size[1] * size[2] * batch) /
                       static_cast<double>(side * side * side);
  const double activations =
      scale * static_cast<double>(measured_peak(method, side, channels, setup.device));
  constexpr double gib = 1024.0 * 1024 * 1024;
  text += fmt::format("{:<14} about {:.2f} GiB (parameters {:.2f}, activations {:.2f})\n", "memory",
                      (fixed_bytes + activations) / gib, fixed_bytes / gib, activations / gib);
  return text;
}

}  // namespace kdseg::train
