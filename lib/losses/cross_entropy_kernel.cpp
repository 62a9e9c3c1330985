#include "losses/cross_entropy_kernel.h"

#include "tensor/softmax_loop.h"
#include "tensor/versions.h"

namespace kdseg::losses {
KDSEG_VERSIONS
double cross_entropy_chunk(const float* logits, int64_t stride, int64_t classes,
                           const int64_t* labels, int64_t n, const float* weights, float scale,
                           float* gradient) {
  float highest[cross_entropy_chunk_size], sum[cross_entropy_chunk_size],
      weight[cross_entropy_chunk_size], chosen[cross_entropy_chunk_size];
  tensor::softmax_loop(logits, stride, classes, n, highest, gradient, stride, sum);
  for (int64_t v = 0; v < n; ++v) {
    weight[v] = weights[labels[v]];
    chosen[v] = logits[labels[v] * stride + v];
  }
  float loss[16] = {};
  for (int64_t v = 0; v < n; ++v) {
    // The last term is 0, or not a number where the sum is none: that must not be hidden.
    chosen[v] =
        weight[v] * (tensor::log_of_positive(sum[v]) - (chosen[v] - highest[v]) + 0.0f * sum[v]);
  }
  int64_t v = 0;
  for (; v + 16 <= n; v += 16)
    for (int64_t l = 0; l < 16; ++l) loss[l] += chosen[v + l];
  double total = 0;
  for (; v < n; ++v) total += static_cast<double>(chosen[v]);
  for (int64_t l = 0; l < 16; ++l) total += static_cast<double>(loss[l]);
  if (!gradient) return total;
  for (int64_t i = 0; i < n; ++i) {
    weight[i] *= scale;
    sum[i] = weight[i] / sum[i];
  }
  for (int64_t k = 0; k < classes; ++k) {
    float* g = gradient + k * stride;
    for (int64_t i = 0; i < n; ++i) g[i] *= sum[i];
  }
  for (int64_t i = 0; i < n; ++i) gradient[labels[i] * stride + i] -= weight[i];
  return total;
}

}  // namespace kdseg::losses
