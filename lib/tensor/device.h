// Devices and precisions by name; libtorch_cuda is opened only when the GPU is asked for.
#pragma once
#include <ATen/core/Tensor.h>

#include <string>

#include "base/run_settings.h"

namespace kdseg::tensor {

/// auto: cuda when a driver, a GPU and libtorch_cuda are there, else cpu.
/// \throws UsageError  an unknown name, or cuda asked for and not available: says which of driver,
/// GPU and library is missing
at::Device open_device(const std::string& name);

/// "cpu" or "cuda:0 NVIDIA H200".
std::string describe(at::Device device);

/// Applies --threads, --deterministic, TF32 off unless asked for. Call once, before any tensor
/// work. \return the opened device
at::Device configure(const TensorSettings& settings, int threads);

/// float32 for fp32 and tf32, bfloat16 or half otherwise: the autocast type.
/// \throws UsageError  an unknown precision
at::ScalarType compute_type(const std::string& precision);

/// While alive, eligible operators of this thread run in `type` (autocast); nothing for float32.
/// Norms, losses, fusion and KL stay float32 (networks and losses cast explicitly).
class Autocast {
 public:
  Autocast(at::Device device, at::ScalarType type);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

  /// The type that eligible operators compute in on this thread: float32 values become it.
  static at::ScalarType current(at::Device device, at::ScalarType otherwise);

 private:
  at::DeviceType device_;
  bool active_, before_ = false;
  at::ScalarType type_before_ = at::kFloat;
};

}  // namespace kdseg::tensor
