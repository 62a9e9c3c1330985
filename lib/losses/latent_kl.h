// What ties the latents of any subset of images to each other and to the prior (U-HVED).
#pragma once
#include <ATen/core/Tensor.h>

namespace kdseg::losses {

struct TermRow;

/// KL divergence of two diagonal Gaussians, element by element:
/// (-1 + lv2 - lv1 + (exp lv1 + (m1 - m2)^2) / (exp lv2 + 1e-7)) / 2, in nats.
at::Tensor gaussian_kl(const at::Tensor& mean_1, const at::Tensor& log_variance_1,
                       const at::Tensor& mean_2, const at::Tensor& log_variance_2);

struct LatentKlOptions {
  bool divide_by_all = false;  ///< the sum between subsets: by their number instead of one less
};

/// With q_s the product of a standard normal and the Gaussians of a subset s of the images, and A
/// the given ones: sum over all s of mean KL(q_A || q_s) over the number of subsets less one, plus
/// the mean over s of KL(q_s || N(0, 1)). Means are over samples, voxels and channels.
///
/// \param posterior  [N, M, 2 C, ...] of one level: per image means, then log variances, which are
///                   clipped to [-50, 50]; half types are widened to float32
/// \param present    [N, M], 1 where an image is given; undefined: all
/// \return           scalar, nats, float32 (float64 for float64)
/// \throws DataError shapes that do not belong together, more than 10 images, a sample without any
///
/// Differs from the paper: a mean over elements, where the bound sums over dimensions; and 2^M - 2
/// below 2^M - 1 terms. Both as the authors' code.
/// Source: Dorent et al. 2019, arXiv:1907.11150, and the authors' code.
at::Tensor latent_kl(const at::Tensor& posterior, const at::Tensor& present,
                     const LatentKlOptions& options = {});

/// The term `latent-kl`: the mean of latent_kl over the extras posterior-0 .. posterior-3.
TermRow latent_kl_row();

}  // namespace kdseg::losses
