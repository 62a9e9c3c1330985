#include "losses/dice.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/square.h>
#include <ATen/ops/sum.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "base/errors.h"
#include "losses/judged.h"
#include "losses/objective.h"
#include "losses/shares.h"
#include "losses/widened.h"

namespace kdseg::losses {
namespace {

using Kind = Parameter::Kind;

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
  const std::vector<int64_t> axes =
      options.over_batch ? std::vector<int64_t>{0, 2} : std::vector<int64_t>{2};
  const auto size = [&](const at::Tensor& x, bool squared) {
    return at::sum(squared ? at::square(x) : x, axes);
  };
  const at::Tensor a = maps(probability), b = maps(target);
  const at::Tensor overlap = at::sum(at::mul(a, b), axes) * 2.0;
  const at::Tensor above = options.below_alone ? overlap : overlap + options.smoothing;
  const at::Tensor below =
      size(a, options.squared) + size(b, options.squared && !options.target_plain);
  return 1.0 - at::mean(above / (below + options.smoothing));
}

DiceOptions dice_options(const Parameters& p) {
  return {.smoothing = p.number("smoothing"),
          .squared = p.text("denominator") != "linear",
          .foreground = p.text("channels") == "foreground",
          .target_plain = p.text("denominator") == "squared-prediction",
          .over_batch = p.text("sums") == "batch",
          .below_alone = p.text("smoothed") == "below"};
}

std::vector<Parameter> dice_parameters() {
  return {{"smoothing", Kind::number, "1e-5", "added above and below the fraction", 1e-12, 1e6, {}},
          {"denominator",
           Kind::choice,
           "linear",
           "linear: sum p + sum g (KD-Net); squared: sum p^2 + sum g^2 (U-HeMIS, U-HVED); "
           "squared-prediction: sum p^2 + sum g (Lachinov et al. 2020, code)",
           -1e300,
           1e300,
           {"linear", "squared", "squared-prediction"}},
          {"channels",
           Kind::choice,
           "all",
           "all channels, or the foreground: all but the first",
           -1e300,
           1e300,
           {"all", "foreground"}},
          {"sums",
           Kind::choice,
           "sample",
           "over the voxels of each sample, or of the whole batch (Lachinov et al. 2020, code)",
           -1e300,
           1e300,
           {"sample", "batch"}},
          {"smoothed",
           Kind::choice,
           "both",
           "where smoothing is added: both, or below the fraction alone, where a class that no "
           "voxel has counts as missed (SIFA, code)",
           -1e300,
           1e300,
           {"both", "below"}}};
}

TermRow dice_row() {
  std::vector<Parameter> parameters = dice_parameters();
  parameters.push_back(output_parameter());
  return {"dice",
          "1 - mean over samples and channels of the Dice overlap of probabilities and labels",
          "Milletari et al. 2016, arXiv:1606.04797; KD-Net, Hu et al. 2020, arXiv:2106.09564",
          std::move(parameters), [](const Parameters& p) {
            const DiceOptions options = dice_options(p);
            const std::string& output = p.text("output");
            Term term;
            term.needs_target = true;
            need_output(term, output);
            term.value = [options, output](const Evidence& e) {
              const Judged maps = judged(e, output);
              return dice_loss(probability_of(maps.logits, e.head), maps.shares, options);
            };
            return term;
          }};
}

}  // namespace kdseg::losses
