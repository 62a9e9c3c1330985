#include "losses/adversarial.h"

#include <ATen/ops/add.h>
#include <ATen/ops/ge.h>
#include <ATen/ops/le.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/square.h>
#include <ATen/ops/sub.h>

#include "losses/widened.h"

namespace kdseg::losses {
at::Tensor adversarial_term(const at::Tensor& scores) {
  return at::mean(at::square(at::sub(widened(scores), 1.0)));
}

at::Tensor discriminator_loss(const at::Tensor& real, const at::Tensor& fake) {
  return at::add(adversarial_term(real), at::mean(at::square(widened(fake))));
}

double discriminator_accuracy(const at::Tensor& real, const at::Tensor& fake) {
  const auto share = [](const at::Tensor& right) {
    return at::mean(right.to(at::kDouble)).item<double>();
  };
  const double of_real = share(at::ge(real.detach().to(at::kFloat), 0.5f));
  const double of_fake = share(at::le(fake.detach().to(at::kFloat), 0.5f));
  return (of_real + of_fake) / 2.0;
}

}  // namespace kdseg::losses
