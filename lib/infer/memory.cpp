#include "infer/memory.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>
#include <memory>

namespace kdseg::infer {
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

}  // namespace kdseg::infer
