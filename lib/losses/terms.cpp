#include <fmt/format.h>

#include "base/errors.h"
#include "base/text.h"
#include "losses/absolute_error.h"
#include "losses/binary_cross_entropy.h"
#include "losses/bottleneck_kl.h"
#include "losses/cross_entropy.h"
#include "losses/dice.h"
#include "losses/latent_kl.h"
#include "losses/objective.h"
#include "losses/reconstruction.h"
#include "losses/teacher_targets.h"
#include "losses/vae_kl.h"
#include "losses/weight_penalty.h"

namespace kdseg::losses {
namespace {

using Kind = Parameter::Kind;

Term cross_entropy_term(const Parameters& p) {
  const auto words = p.texts("class-weights");
  if (words.size() == 1 && words[0] == "from-train")
    throw UsageError(
        "[term.cross-entropy]: class-weights = from-train needs the training cases; it is replaced "
        "by their weights before the loss is built");
  std::vector<double> weights;
  for (const auto& word : words) {
    const auto value = parse_number(word);
    if (!value || *value < 0)
      throw UsageError("[term.cross-entropy]: class-weights has '{}', expected numbers from 0",
                       word);
    weights.push_back(*value);
  }
  if (weights.size() < 2) weights.clear();  // one number for all: the mean is the same for any
  const WeightDecay decay{p.number("decay"), p.number("decay-to-one-at")};
  Term term;
  term.needs_target = true;
  term.value = [weights, decay](const Evidence& e) {
    const auto now = decayed_weights(weights, decay, e.epoch, e.epochs);
    const at::Tensor& logits = e.student.logits;
    if (!e.target->share.defined()) return cross_entropy(logits, e.target->classes, now);
    const auto type = logits.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    return soft_cross_entropy(logits, e.target->share.to(logits.device(), type), now);
  };
  return term;
}

}  // namespace

const std::vector<TermRow>& terms() {
  static const std::vector<TermRow> rows{
      {"cross-entropy",
       "weighted mean over voxels of -log softmax at the labelled class",
       "Vadacchino et al. 2021, arXiv:2103.16617",
       {{"class-weights",
         Kind::texts,
         "1",
         "one weight per class in their order, 1 for all alike, or from-train",
         -1e300,
         1e300,
         {}},
        {"decay",
         Kind::number,
         "1",
         "factor on weights above 1 per epoch, down to 1; 1: constant weights",
         1e-6,
         1.0,
         {}},
        {"decay-to-one-at",
         Kind::number,
         "0",
         "fraction of the run where the largest weight reaches 1, instead of `decay`; 0: off",
         0.0,
         1.0,
         {}}},
       cross_entropy_term},
      dice_row(),
      binary_cross_entropy_row(),
      soft_dice_row(),
      teacher_binary_cross_entropy_row(),
      teacher_cross_entropy_row(),
      bottleneck_kl_row(),
      latent_kl_row(),
      reconstruction_row(),
      vae_kl_row(),
      absolute_error_row(),
      weight_penalty_row(),
  };
  return rows;
}

}  // namespace kdseg::losses
