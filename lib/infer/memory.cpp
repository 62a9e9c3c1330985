#include "infer/memory.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <atomic>
#include <memory>

namespace kdseg::infer {
namespace {

/// Follows what tensors hold while it is installed.
class MemoryWatch : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, int64_t bytes, size_t, size_t, c10::Device) override {
    const int64_t held = held_ += bytes;
    int64_t peak = peak_;
    while (held > peak && !peak_.compare_exchange_weak(peak, held)) {
    }
  }
  void reportOutOfMemory(int64_t, size_t, size_t, c10::Device) override {}
  bool memoryProfilingEnabled() const override { return true; }
  int64_t peak() const { return peak_; }

 private:
  std::atomic<int64_t> held_{0}, peak_{0};
};

}  // namespace

double forward_peak_bytes(models::Network& network, int64_t channels, std::array<int64_t, 3> size,
                          at::Device device) {
  const at::NoGradGuard no_grad;
  const int64_t side = std::max<int64_t>(32, network.minimum_size());
  tensor::Input input;
  input.image = at::zeros({1, channels, side, side, side}, at::TensorOptions(device));
  const auto watch = std::make_shared<MemoryWatch>();
  {
    const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, watch);
    network.forward(input);
  }
  const double scale = static_cast<double>(size[0]) * static_cast<double>(size[1]) *
                       static_cast<double>(size[2]) / static_cast<double>(side * side * side);
  return (static_cast<double>(watch->peak()) + static_cast<double>(input.image.nbytes())) * scale;
}

int64_t parameter_count(models::Network& network) {
  int64_t count = 0;
  for (const auto& parameter : network.module().parameters()) count += parameter.numel();
  return count;
}

}  // namespace kdseg::infer
