// Memory that computing needs, measured on a small input.
#pragma once
#include <ATen/core/Tensor.h>
#include <c10/core/Allocator.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

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

/// The shape of what one pass sees of an image [1, C, D, H, W] (sizes x, y, z): [1, C, D, H, W] or,
/// under slices, [1, C, H, W] of one slice; padded to what the network takes.
std::vector<int64_t> part_shape(const models::Network& network, const Tiling& tiling,
                                int64_t channels, std::array<int64_t, 3> size);

/// "160x192x160" or "160x192", x first.
std::string sides_of(const std::vector<int64_t>& shape);

/// Bytes that one pass over an image of this shape, [N, C, (D,) H, W], holds at its peak beside the
/// parameters: measured on a small input and scaled by the number of voxels.
double forward_peak_bytes(models::Network& network, const std::vector<int64_t>& shape,
                          at::Device device);

}  // namespace kdseg::infer
