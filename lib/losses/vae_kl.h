// What keeps the Gaussian of a VAE branch near a standard normal.
#pragma once
#include <ATen/core/Tensor.h>

namespace kdseg::losses {

struct TermRow;

/// Sum over the latents of mu^2 + sigma^2 - log sigma^2 - 1, mean over samples, over `divisor`.
///
/// \param gaussian  [N, 2, L]: means, then log variances; half types are widened to float32
/// \return          scalar, >= 0, float32 (float64 for float64)
/// \throws DataError  another shape
/// Differs from the divergence: no factor 1/2, as Myronenko 2018, arXiv:1810.11654, writes it.
at::Tensor vae_kl(const at::Tensor& gaussian, double divisor);

/// The term `vae-kl` of the extra `latent`, over the elements of an image or the latents.
TermRow vae_kl_row();

}  // namespace kdseg::losses
