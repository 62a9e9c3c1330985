#include "methods/setup.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/tensor.h>

#include "base/random.h"

namespace kdseg::methods {

at::Tensor pick_channels(const at::Tensor& image, const std::vector<int64_t>& positions) {
  bool all = static_cast<int64_t>(positions.size()) == image.size(1);
  for (size_t i = 0; i < positions.size(); ++i)
    all = all && positions[i] == static_cast<int64_t>(i);
  if (positions.empty() || all) return image;
  return image.index_select(1, at::tensor(positions, at::kLong).to(image.device()));
}

tensor::Noise step_noise(const StepInfo& info, const std::string& role, int64_t batch) {
  Random random(info.seed, static_cast<uint64_t>(info.step), "dropout/" + role);
  std::vector<uint64_t> keys(static_cast<size_t>(batch));
  for (auto& key : keys) {
    const uint64_t high = random.bits();
    key = (high << 32) | random.bits();
  }
  return {info.seed, std::move(keys)};
}

}  // namespace kdseg::methods
