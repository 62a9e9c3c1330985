// What a generator and its discriminator make of patch scores: three adversarial objectives.
#pragma once
#include <ATen/core/Tensor.h>

#include <string>

namespace kdseg::losses {

/// Scores are raw, [N, 1, ...]; all means run over patches and batch.
enum class Gan {
  least_squares,  ///< Mao et al. 2017, arXiv:1611.04076
  cross_entropy,  ///< of the logistic function of the scores, non-saturating: Goodfellow et al.
                  ///< 2014
  saturating,  ///< the same for discriminators; generators lower log(1 - D), as its equation says
};

/// lsgan, bce, bce-sat. \throws std::logic_error  another word
Gan gan_from(const std::string& word);

/// What a generator whose images have these scores adds to its loss: mean (s - 1)^2, mean
/// softplus(-s), or -mean softplus(s). Scalar, float32 or float64.
at::Tensor generator_loss(Gan gan, const at::Tensor& scores_of_made);

/// Half of the sum over both kinds of images: mean (r - 1)^2 and mean m^2, or mean softplus(-r) and
/// mean softplus(m).
at::Tensor discriminator_loss(Gan gan, const at::Tensor& scores_of_real,
                              const at::Tensor& scores_of_made);

}  // namespace kdseg::losses
