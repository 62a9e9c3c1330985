// Memory that computing needs, measured on a small input.
#pragma once
#include <ATen/core/Tensor.h>
#include <c10/core/Allocator.h>

#include <array>
#include <atomic>
#include <cstdint>

#include "models/network.h"

namespace kdseg::infer {

/// Follows what tensors hold while it is installed (c10::DebugInfoGuard, PROFILER_STATE).
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
  void restart() { held_ = peak_ = 0; }  ///< counts from what is held now
  int64_t peak() const { return peak_; }

 private:
  std::atomic<int64_t> held_{0}, peak_{0};
};

/// Bytes that one pass over a volume of `size` (x, y, z) holds at its peak beside the parameters:
/// measured on the smallest input and scaled by the number of voxels.
double forward_peak_bytes(models::Network& network, int64_t channels, std::array<int64_t, 3> size,
                          at::Device device);

}  // namespace kdseg::infer
