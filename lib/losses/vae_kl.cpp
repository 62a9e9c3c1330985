#include "losses/vae_kl.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/square.h>
#include <fmt/ranges.h>

#include "base/errors.h"
#include "losses/objective.h"
#include "losses/widened.h"

namespace kdseg::losses {

using Kind = Parameter::Kind;

at::Tensor vae_kl(const at::Tensor& gaussian, double divisor) {
  if (gaussian.dim() != 3 || gaussian.size(1) != 2)
    throw DataError("vae-kl: the Gaussian is [{}], expected [N, 2, L]",
                    fmt::join(gaussian.sizes(), ", "));
  const at::Tensor wide = widened(gaussian);
  const at::Tensor mean = wide.select(1, 0), log_variance = wide.select(1, 1);
  return (at::square(mean) + at::exp(log_variance) - log_variance - 1.0).sum(1).mean() / divisor;
}

TermRow vae_kl_row() {
  return {"vae-kl",
          "divergence of a VAE branch's Gaussian from a standard normal",
          "Myronenko 2018, arXiv:1810.11654",
          {{"divisor",
            Kind::choice,
            "image",
            "what the sum over latents is divided by: the elements of an image, all channels "
            "(Myronenko 2018), or the latents (MONAI)",
            -1e300,
            1e300,
            {"image", "latents"}}},
          [](const Parameters& p) {
            const bool image = p.text("divisor") == "image";
            Term term;
            term.student_needs = {"latent"};
            term.value = [image](const Evidence& e) {
              const at::Tensor& gaussian = e.student.extra.get("latent");
              const int64_t elements = image ? e.input.image.numel() / e.input.image.size(0)
                                             : gaussian.size(gaussian.dim() - 1);
              return vae_kl(gaussian, static_cast<double>(elements));
            };
            return term;
          }};
}

}  // namespace kdseg::losses
