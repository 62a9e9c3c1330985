#include "losses/weight_penalty.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/square.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/sum.h>

#include <vector>

#include "base/errors.h"
#include "losses/objective.h"
#include "losses/widened.h"

namespace kdseg::losses {

using Kind = Parameter::Kind;

at::Tensor weight_penalty(std::span<const at::Tensor> weights,
                          const WeightPenaltyOptions& options) {
  if (weights.empty()) throw DataError("weight-penalty: no convolution weights to look at");
  std::vector<at::Tensor> squares;
  for (const at::Tensor& w : weights) squares.push_back(at::sum(at::square(widened(w))));
  const double count = options.sum ? 1.0 : static_cast<double>(weights.size());
  return at::sum(at::stack(squares)) * (0.5 * options.coefficient / count);
}

TermRow weight_penalty_row() {
  return {"weight-penalty",
          "L2 penalty on the convolution weights of the trained network",
          "Dorent et al. 2019, arXiv:1907.11150, the authors' code",
          {{"coefficient",
            Kind::number,
            "1e-5",
            "factor; half of it times the sum of squares of a tensor counts",
            0.0,
            1e3,
            {}},
           {"reduction",
            Kind::choice,
            "mean-over-tensors",
            "over the convolutions: mean-over-tensors (the authors' code), or sum",
            -1e300,
            1e300,
            {"mean-over-tensors", "sum"}}},
          [](const Parameters& p) {
            const WeightPenaltyOptions options{.coefficient = p.number("coefficient"),
                                               .sum = p.text("reduction") == "sum"};
            Term term;
            term.needs_weights = true;
            term.value = [options](const Evidence& e) {
              return weight_penalty(e.weights, options);
            };
            return term;
          }};
}

}  // namespace kdseg::losses
