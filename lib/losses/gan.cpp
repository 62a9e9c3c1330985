#include "losses/gan.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/softplus.h>

#include <stdexcept>

#include "losses/adversarial.h"
#include "losses/widened.h"

namespace kdseg::losses {
namespace {

at::Tensor mean_softplus(const at::Tensor& x) { return at::mean(at::softplus(x)); }

}  // namespace

Gan gan_from(const std::string& word) {
  if (word == "lsgan") return Gan::least_squares;
  if (word == "bce") return Gan::cross_entropy;
  if (word == "bce-sat") return Gan::saturating;
  throw std::logic_error("no adversarial objective " + word);
}

at::Tensor generator_loss(Gan gan, const at::Tensor& scores) {
  if (gan == Gan::least_squares) return adversarial_term(scores);
  return gan == Gan::cross_entropy ? mean_softplus(-widened(scores))
                                   : -mean_softplus(widened(scores));
}

at::Tensor discriminator_loss(Gan gan, const at::Tensor& real, const at::Tensor& made) {
  if (gan == Gan::least_squares) return discriminator_loss(real, made) * 0.5;
  return (mean_softplus(-widened(real)) + mean_softplus(widened(made))) * 0.5;
}

}  // namespace kdseg::losses
