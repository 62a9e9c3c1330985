// The inner loop of latent_kl on float32 maps: loss and gradient in one pass over memory.
#pragma once
#include <array>
#include <cstdint>

namespace kdseg::losses {

/// Elements that one call of latent_kl_chunk takes at most, and images.
inline constexpr int64_t latent_chunk_size = 256;
inline constexpr int64_t latent_images = 6;

/// One channel's means and log variances of each image, and where their gradients go.
struct LatentChunk {
  std::array<const float*, latent_images> mean, log_variance;
  std::array<float*, latent_images> d_mean, d_log_variance;  ///< null: not wanted
  int64_t images = 0, count = 0;
  unsigned given = 0;            ///< bit i: image i is given
  float between = 0, prior = 0;  ///< factors of the two sums of divergences (without their 1/2)
};

/// The chunk's part of the loss.
double latent_kl_chunk(const LatentChunk& chunk);

}  // namespace kdseg::losses
