#include "losses/binary_cross_entropy.h"

#include <ATen/ops/binary_cross_entropy.h>
#include <fmt/ranges.h>

#include "base/errors.h"
#include "losses/shares.h"

namespace kdseg::losses {

at::Tensor binary_cross_entropy(const at::Tensor& probability, const at::Tensor& target) {
  if (probability.sizes() != target.sizes())
    throw DataError("binary cross-entropy: probabilities are [{}], targets [{}]",
                    fmt::join(probability.sizes(), ", "), fmt::join(target.sizes(), ", "));
  const at::Tensor p =
      probability.scalar_type() == at::kDouble ? probability : probability.to(at::kFloat);
  return at::binary_cross_entropy(p, target.to(p.scalar_type()));
}

TermRow binary_cross_entropy_row() {
  return {"binary-cross-entropy",
          "mean over voxels and channels of each class's cross-entropy against the rest",
          "KD-Net, Hu et al. 2020, arXiv:2106.09564",
          {},
          [](const Parameters&) {
            Term term;
            term.needs_target = true;
            term.value = [](const Evidence& e) {
              const at::Tensor p = probability_of(e.student.logits, e.head);
              return losses::binary_cross_entropy(p, shares_of(*e.target, e.head, p));
            };
            return term;
          }};
}

}  // namespace kdseg::losses
