#include "losses/dice.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/square.h>
#include <ATen/ops/sum.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/errors.h"
#include "losses/objective.h"
#include "losses/shares.h"

namespace kdseg::losses {
namespace {

using Kind = Parameter::Kind;

at::Tensor widened(const at::Tensor& x) {
  return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
}

}  // namespace

at::Tensor dice_loss(const at::Tensor& probability, const at::Tensor& target,
                     const DiceOptions& options) {
  const int64_t first = options.foreground ? 1 : 0;
  if (probability.sizes() != target.sizes() || probability.dim() < 3 ||
      probability.size(1) <= first)
    throw DataError("dice: maps are [{}] and [{}]; expected equal shapes [N, K, ...]{}",
                    fmt::join(probability.sizes(), ", "), fmt::join(target.sizes(), ", "),
                    options.foreground ? " with a channel beside the background" : "");
  const auto maps = [&](const at::Tensor& x) {
    return widened(x).narrow(1, first, x.size(1) - first).flatten(2);
  };
  const auto size = [&](const at::Tensor& x) {
    return at::sum(options.squared ? at::square(x) : x, 2);
  };
  const at::Tensor a = maps(probability), b = maps(target);
  const at::Tensor above = at::sum(at::mul(a, b), 2) * 2.0 + options.smoothing;
  return 1.0 - at::mean(above / (size(a) + size(b) + options.smoothing));
}

DiceOptions dice_options(const Parameters& p) {
  return {.smoothing = p.number("smoothing"),
          .squared = p.text("denominator") == "squared",
          .foreground = p.text("channels") == "foreground"};
}

TermRow dice_row() {
  return {
      "dice",
      "1 - mean over samples and channels of the Dice overlap of probabilities and labels",
      "Milletari et al. 2016, arXiv:1606.04797; KD-Net, Hu et al. 2020, arXiv:2106.09564",
      {{"smoothing", Kind::number, "1e-5", "added above and below the fraction", 1e-12, 1e6, {}},
       {"denominator",
        Kind::choice,
        "linear",
        "linear: sum p + sum g (KD-Net); squared: sum p^2 + sum g^2 (U-HeMIS, U-HVED)",
        -1e300,
        1e300,
        {"linear", "squared"}},
       {"channels",
        Kind::choice,
        "all",
        "all channels, or the foreground: all but the first",
        -1e300,
        1e300,
        {"all", "foreground"}}},
      [](const Parameters& p) {
        const DiceOptions options = dice_options(p);
        Term term;
        term.needs_target = true;
        term.value = [options](const Evidence& e) {
          const at::Tensor probability = probability_of(e.student.logits, e.head);
          return dice_loss(probability, shares_of(*e.target, e.head, probability), options);
        };
        return term;
      }};
}

}  // namespace kdseg::losses
