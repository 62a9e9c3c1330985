#include "losses/latent_kl_kernel.h"

#include "tensor/vector_math.h"
#include "tensor/versions.h"

namespace kdseg::losses {
namespace {

constexpr float tiny = 1e-7f;
using Row = float[latent_chunk_size];

}  // namespace

KDSEG_VERSIONS
double latent_kl_chunk(const LatentChunk& k) {
  const int64_t n = k.count;
  Row precision[latent_images], product[latent_images];      // T, T mu
  Row d_precision[latent_images], d_product[latent_images];  // gradients in them
  for (int64_t m = 0; m < k.images; ++m)
    for (int64_t i = 0; i < n; ++i) {
      const float x = k.log_variance[m][i], size = x < 0.0f ? x : -x;
      const float small = tensor::exp_of_negative(size < -50.0f ? -50.0f : size);
      const float variance = x < 0.0f ? small : 1.0f / small;
      precision[m][i] = 1.0f / (variance + tiny);
      product[m][i] = precision[m][i] * k.mean[m][i];
      d_precision[m][i] = d_product[m][i] = 0.0f;
    }
  const auto sums = [&](unsigned subset, Row& sum, Row& weighted) {
    for (int64_t i = 0; i < n; ++i) sum[i] = 1.0f, weighted[i] = 0.0f;  // the prior
    for (int64_t m = 0; m < k.images; ++m)
      if (subset >> m & 1u)
        for (int64_t i = 0; i < n; ++i) {
          sum[i] += precision[m][i];
          weighted[i] += product[m][i];
        }
  };
  const auto spread = [&](unsigned subset, const Row& d_sum, const Row& d_weighted) {
    for (int64_t m = 0; m < k.images; ++m)
      if (subset >> m & 1u)
        for (int64_t i = 0; i < n; ++i) {
          d_precision[m][i] += d_sum[i];
          d_product[m][i] += d_weighted[i];
        }
  };

  Row sum, weighted, mean_a, variance_a, log_a, inverse_a, d_mean_a, d_variance_a, loss;
  sums(k.given, sum, weighted);
  for (int64_t i = 0; i < n; ++i) {
    const float variance = 1.0f / sum[i];
    mean_a[i] = weighted[i] * variance;
    variance_a[i] = variance + tiny;
    log_a[i] = tensor::log_of_positive(variance_a[i]) + 0.0f * weighted[i];
    inverse_a[i] = 1.0f / variance_a[i];
    d_mean_a[i] = d_variance_a[i] = loss[i] = 0.0f;
  }
  for (unsigned subset = 1; subset >> k.images == 0; ++subset) {
    sums(subset, sum, weighted);
    for (int64_t i = 0; i < n; ++i) {
      const float bare = 1.0f / sum[i], mean = weighted[i] * bare, variance = bare + tiny;
      const float inverse = 1.0f / variance, damped = 1.0f / (variance + tiny);
      const float log = tensor::log_of_positive(variance), apart = mean_a[i] - mean;
      const float square = variance_a[i] + apart * apart;
      loss[i] += k.between * (log - log_a[i] - 1.0f + square * damped) +
                 k.prior * (variance + mean * mean - 1.0f - log);
      d_variance_a[i] += k.between * (damped - inverse_a[i]);
      const float pull = 2.0f * k.between * apart * damped;
      d_mean_a[i] += pull;
      const float d_mean = 2.0f * k.prior * mean - pull;
      const float d_variance =
          k.between * (inverse - square * damped * damped) + k.prior * (1.0f - inverse);
      sum[i] = -bare * (bare * d_variance + mean * d_mean);
      weighted[i] = bare * d_mean;
    }
    spread(subset, sum, weighted);
  }
  double total = 0;
  for (int64_t i = 0; i < n; ++i) total += static_cast<double>(loss[i]);
  if (!k.d_mean[0]) return total;

  for (int64_t i = 0; i < n; ++i) {
    const float bare = variance_a[i] - tiny;
    sum[i] = -bare * (bare * d_variance_a[i] + mean_a[i] * d_mean_a[i]);
    weighted[i] = bare * d_mean_a[i];
  }
  spread(k.given, sum, weighted);
  for (int64_t m = 0; m < k.images; ++m)
    for (int64_t i = 0; i < n; ++i) {
      const float x = k.log_variance[m][i], t = precision[m][i];
      k.d_mean[m][i] = t * d_product[m][i];
      // d t / d x = -t^2 e^x, and e^x = 1 / t - 1e-7.
      const float slope = -t * (1.0f - tiny * t);
      const float inside = x < -50.0f || x > 50.0f ? 0.0f : slope;
      k.d_log_variance[m][i] = inside * (d_precision[m][i] + k.mean[m][i] * d_product[m][i]);
    }
  return total;
}

}  // namespace kdseg::losses
