#include "losses/reconstruction.h"

#include <ATen/ops/mse_loss.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/errors.h"
#include "losses/objective.h"
#include "losses/widened.h"

namespace kdseg::losses {

at::Tensor reconstruction_loss(const at::Tensor& reconstruction, const at::Tensor& image) {
  if (reconstruction.sizes() != image.sizes())
    throw DataError("reconstruction: maps are [{}], images [{}]; expected equal shapes",
                    fmt::join(reconstruction.sizes(), ", "), fmt::join(image.sizes(), ", "));
  return at::mse_loss(widened(reconstruction), widened(image));
}

TermRow reconstruction_row() {
  return {"reconstruction",
          "mean squared error of the reconstructed images, withheld ones included",
          "Dorent et al. 2019, arXiv:1907.11150, and the authors' code",
          {},
          [](const Parameters&) {
            Term term;
            term.student_needs = {"reconstruction"};
            term.value = [](const Evidence& e) {
              return reconstruction_loss(e.student.extra.get("reconstruction"), e.input.image);
            };
            return term;
          }};
}

}  // namespace kdseg::losses
