#include "losses/absolute_error.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/abs.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/errors.h"
#include "losses/objective.h"
#include "losses/widened.h"

namespace kdseg::losses {

at::Tensor absolute_error(const at::Tensor& made, const at::Tensor& image) {
  if (made.sizes() != image.sizes())
    throw DataError(
        "absolute-error: the network gives [{}], the channels are [{}]; expected equal shapes",
        fmt::join(made.sizes(), ", "), fmt::join(image.sizes(), ", "));
  const at::Tensor wide = widened(made);
  const at::Tensor inside = (image != 0).to(wide.scalar_type());
  return (at::abs(wide - image) * inside).sum() / inside.sum().clamp_min(1);
}

TermRow absolute_error_row() {
  return {
      "absolute-error",
      "mean absolute error of the channels that the network makes, where they are not 0",
      "our reading of Hu et al. 2020, arXiv:2106.09564, who synthesize a sequence without details",
      {},
      [](const Parameters&) {
        Term term;
        term.needs_image = true;
        term.value = [](const Evidence& e) {
          return absolute_error(e.student.logits, e.target->image);
        };
        return term;
      }};
}

}  // namespace kdseg::losses
