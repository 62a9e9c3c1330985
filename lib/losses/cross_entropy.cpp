#include "losses/cross_entropy.h"

#include <ATen/Parallel.h>
#include <ATen/ops/div.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/gather.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/neg.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/sum.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "losses/cross_entropy_kernel.h"
#include "losses/widened.h"

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

/// Voxels of each class. \throws DataError  a label outside 0 .. classes - 1
std::vector<int64_t> count_labels(const at::Tensor& labels, int64_t classes) {
  std::vector<int64_t> counts(static_cast<size_t>(classes), 0);
  const auto* value = labels.const_data_ptr<int64_t>();
  for (int64_t v = 0; v < labels.numel(); ++v) {
    if (value[v] < 0 || value[v] >= classes)
      throw DataError("cross-entropy: a label is {}, expected 0 to {}", value[v], classes - 1);
    ++counts[static_cast<size_t>(value[v])];
  }
  return counts;
}

/// Loss and gradient in one pass; float32 on the CPU.
struct Fused : torch::autograd::Function<Fused> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input,
                            const at::Tensor& classes, const std::vector<double>& weights) {
    const at::Tensor logits = input.contiguous(), labels = classes.contiguous();
    const int64_t batch = logits.size(0), kinds = logits.size(1);
    const int64_t voxels = logits.numel() / (batch * kinds);
    const auto counts = count_labels(labels, kinds);
    double sum_of_weights = 0;
    for (size_t k = 0; k < counts.size(); ++k)
      sum_of_weights += weights[k] * static_cast<double>(counts[k]);
    const std::vector<float> narrow(weights.begin(), weights.end());
    const auto scale = static_cast<float>(1.0 / sum_of_weights);
    const bool differentiate = input.requires_grad();
    at::Tensor gradient = differentiate ? at::empty_like(logits) : at::Tensor();
    const float* from = logits.const_data_ptr<float>();
    float* to = differentiate ? gradient.mutable_data_ptr<float>() : nullptr;
    const auto* label = labels.const_data_ptr<int64_t>();
    const int64_t per_sample = (voxels + cross_entropy_chunk_size - 1) / cross_entropy_chunk_size;
    // Sums per chunk, added in order: equal for any number of threads.
    std::vector<double> sums(static_cast<size_t>(batch * per_sample));
    at::parallel_for(0, batch * per_sample, 8, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        const int64_t n = i / per_sample, begin = i % per_sample * cross_entropy_chunk_size;
        const int64_t place = n * kinds * voxels + begin;
        sums[static_cast<size_t>(i)] =
            cross_entropy_chunk(from + place, voxels, kinds, label + n * voxels + begin,
                                std::min(cross_entropy_chunk_size, voxels - begin), narrow.data(),
                                scale, to ? to + place : nullptr);
      }
    });
    double sum = 0;
    for (const double part : sums) sum += part;
    if (differentiate) context->save_for_backward({gradient});
    return at::scalar_tensor(sum / sum_of_weights, logits.options().requires_grad(false));
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    return {at::mul(context->get_saved_variables()[0], gradients[0]), {}, {}};
  }
};

}  // namespace

at::Tensor cross_entropy(const at::Tensor& logits, const at::Tensor& classes,
                         std::span<const double> weights) {
  check(logits, classes, weights.size());
  const at::Tensor wide = widened(logits);
  std::vector<double> all(weights.begin(), weights.end());
  if (all.empty()) all.assign(static_cast<size_t>(logits.size(1)), 1.0);
  if (wide.device().is_cpu() && wide.scalar_type() == at::kFloat)
    return Fused::apply(wide, classes, all);
  const int64_t lowest = classes.min().item<int64_t>(), highest = classes.max().item<int64_t>();
  if (lowest < 0 || highest >= logits.size(1))
    throw DataError("cross-entropy: labels from {} to {}, expected 0 to {}", lowest, highest,
                    logits.size(1) - 1);
  const at::Tensor chosen =
      at::neg(at::gather(at::log_softmax(wide, 1), 1, classes.unsqueeze(1))).squeeze(1);
  const at::Tensor per_voxel =
      at::tensor(all, wide.options().requires_grad(false)).index({classes});
  return at::div(at::sum(at::mul(per_voxel, chosen)), at::sum(per_voxel));
}

at::Tensor soft_cross_entropy(const at::Tensor& logits, const at::Tensor& share,
                              std::span<const double> weights) {
  if (logits.dim() < 3 || logits.size(1) < 2 || share.sizes() != logits.sizes())
    throw DataError("cross-entropy: logits are [{}], shares [{}]; expected [N, K, ...] of both",
                    fmt::join(logits.sizes(), ", "), fmt::join(share.sizes(), ", "));
  if (!weights.empty() && static_cast<int64_t>(weights.size()) != logits.size(1))
    throw DataError("cross-entropy: {} class weights for {} classes", weights.size(),
                    logits.size(1));
  const at::Tensor wide = widened(logits);
  at::Tensor weighted = share;
  if (!weights.empty()) {
    std::vector<int64_t> shape(static_cast<size_t>(logits.dim()), 1);
    shape[1] = logits.size(1);
    weighted = at::mul(share, at::tensor(std::vector<double>(weights.begin(), weights.end()),
                                         wide.options().requires_grad(false))
                                  .view(shape));
  }
  return at::div(at::neg(at::sum(at::mul(weighted, at::log_softmax(wide, 1)))), at::sum(weighted));
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
