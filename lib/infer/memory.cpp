#include "infer/memory.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "infer/tiling.h"

namespace kdseg::infer {
namespace {

double count(const std::vector<int64_t>& shape) {
  return std::accumulate(shape.begin(), shape.end(), 1.0, std::multiplies<>());
}

}  // namespace

std::vector<int64_t> part_shape(const models::Network& network, const Tiling& tiling,
                                int64_t channels, std::array<int64_t, 3> size) {
  const bool slices = tiling.kind == Tiling::Kind::slices;
  std::vector<int64_t> shape{1, channels};
  for (size_t a = slices ? 2 : 3; a-- > 0;) {
    const int64_t side =
        tiling.kind != Tiling::Kind::whole && tiling.size[a] > 0 ? tiling.size[a] : size[a];
    shape.push_back(padded_length(side, network.size_multiple(), network.minimum_size()));
  }
  return shape;
}

std::string sides_of(const std::vector<int64_t>& shape) {
  return fmt::format("{}", fmt::join(shape.rbegin(), shape.rend() - 2, "x"));
}

double forward_peak_bytes(models::Network& network, const std::vector<int64_t>& shape,
                          at::Device device) {
  const at::NoGradGuard no_grad;
  std::vector<int64_t> small = shape;
  small[0] = 1;
  const int64_t side = shape.size() == 4 ? 128 : 32;  // about as many voxels either way
  std::fill(small.begin() + 2, small.end(),
            padded_length(side, network.size_multiple(), network.minimum_size()));
  tensor::Input input;
  input.image = at::zeros(small, at::TensorOptions(device));
  const auto watch = std::make_shared<MemoryWatch>();
  {
    const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, watch);
    network.forward(input);
  }
  return (static_cast<double>(watch->peak()) + static_cast<double>(input.image.nbytes())) *
         (count(shape) / count(small));
}

}  // namespace kdseg::infer
