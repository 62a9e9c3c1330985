#include "losses/cross_entropy.h"

#include <ATen/ops/div.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/neg.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "base/errors.h"

namespace kdseg::losses {
namespace {

void check(const at::Tensor& logits, const at::Tensor& classes, size_t weights) {
  bool fits = logits.dim() >= 3 && logits.size(1) >= 2 && classes.dim() == logits.dim() - 1 &&
              classes.size(0) == logits.size(0);
  for (int64_t axis = 1; fits && axis < classes.dim(); ++axis)
    fits = classes.size(axis) == logits.size(axis + 1);
  if (!fits)
    throw DataError(
        "cross-entropy: logits are [{}], labels [{}]; expected [N, K, ...] and [N, ...]",
        fmt::join(logits.sizes(), ", "), fmt::join(classes.sizes(), ", "));
  if (weights != 0 && static_cast<int64_t>(weights) != logits.size(1))
    throw DataError("cross-entropy: {} class weights for {} classes", weights, logits.size(1));
}

}  // namespace

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& classes,
                         std::span<const double> weights) {
  check(logits, classes, weights.size());
  const int64_t lowest = classes.min().item<int64_t>(), highest = classes.max().item<int64_t>();
  if (lowest < 0 || highest >= logits.size(1))
    throw DataError("cross-entropy: labels from {} to {}, expected 0 to {}", lowest, highest,
                    logits.size(1) - 1);
  const at::Tensor wide = logits.scalar_type() == at::kDouble ? logits : logits.to(at::kFloat);
  const at::Tensor chosen =
      at::neg(at::gather(at::log_softmax(wide, 1), 1, classes.unsqueeze(1))).squeeze(1);
  std::vector<double> all(weights.begin(), weights.end());
  if (all.empty()) all.assign(static_cast<size_t>(logits.size(1)), 1.0);
  const at::Tensor per_voxel =
      at::tensor(all, wide.options().requires_grad(false)).index({classes});
  return at::div(at::sum(at::mul(per_voxel, chosen)), at::sum(per_voxel));
}

std::vector<double> decayed_weights(std::span<const double> initial, const WeightDecay& decay,
                                    int64_t epoch, int64_t epochs) {
  std::vector<double> weights(initial.begin(), initial.end());
  if (weights.empty()) return weights;
  double factor = std::pow(decay.per_epoch, static_cast<double>(epoch));
  if (decay.to_one_at > 0) {
    const double largest = *std::max_element(weights.begin(), weights.end());
    const double end = decay.to_one_at * static_cast<double>(std::max<int64_t>(epochs, 1));
    factor = largest > 1 ? std::pow(largest, -static_cast<double>(epoch) / end) : 1.0;
  }
  for (double& w : weights)
    if (w > 1) w = std::max(1.0, w * factor);
  return weights;
}

std::vector<double> class_weights_from_counts(std::span<const int64_t> voxels) {
  std::vector<double> weights(voxels.size(), 1.0);
  for (size_t k = 1; k < voxels.size(); ++k)
    if (voxels[k] > 0) weights[k] = static_cast<double>(voxels[0]) / static_cast<double>(voxels[k]);
  return weights;
}

}  // namespace kdseg::losses
