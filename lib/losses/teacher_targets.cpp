#include "losses/teacher_targets.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/argmax.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/div.h>
#include <ATen/ops/log_softmax.h>
#include <ATen/ops/zeros_like.h>

#include "losses/binary_cross_entropy.h"
#include "losses/dice.h"
#include "losses/shares.h"
#include "losses/widened.h"

namespace kdseg::losses {
namespace {

using Kind = Parameter::Kind;

const char* const kd_net = "KD-Net, Hu et al. 2020, arXiv:2106.09564, equation 2";

Parameter temperature_parameter() {
  return {"temperature", Kind::number, "5", "what divides the teacher's logits", 1e-3, 1e3, {}};
}

}  // namespace

at::Tensor softened(const at::Tensor& logits, const Head& head, double temperature) {
  const at::Tensor wide = widened(logits);
  return probability_of(at::div(wide, temperature), head);
}

at::Tensor decided(const at::Tensor& logits, const Head& head) {
  const at::Tensor none = at::zeros_like(logits);
  if (head.kind == Head::Kind::sigmoid) return (logits > 0).to(logits.scalar_type());
  return none.scatter_(1, at::argmax(logits, 1, /*keepdim=*/true), 1);
}

TermRow soft_dice_row() {
  std::vector<Parameter> parameters = dice_parameters();
  parameters.push_back(temperature_parameter());
  return {"soft-dice",
          "1 - mean Dice overlap of the student's probabilities and the teacher's softened ones",
          kd_net, parameters, [](const Parameters& p) {
            const DiceOptions options = dice_options(p);
            const double temperature = p.number("temperature");
            Term term;
            term.needs_teacher = true;
            term.value = [options, temperature](const Evidence& e) {
              return dice_loss(probability_of(e.student.logits, e.head),
                               softened(e.teacher->logits, e.head, temperature), options);
            };
            return term;
          }};
}

TermRow teacher_binary_cross_entropy_row() {
  return {"teacher-binary-cross-entropy",
          "cross-entropy of each class against the rest, the teacher's decisions as labels",
          kd_net,
          {{"decision",
            Kind::choice,
            "argmax",
            "argmax: the teacher's likeliest class; threshold: each channel above 0.5 after "
            "softening, which may be none",
            -1e300,
            1e300,
            {"argmax", "threshold"}},
           temperature_parameter()},
          [](const Parameters& p) {
            const bool threshold = p.text("decision") == "threshold";
            const double temperature = p.number("temperature");
            Term term;
            term.needs_teacher = true;
            term.value = [threshold, temperature](const Evidence& e) {
              const at::Tensor& logits = e.teacher->logits;
              return losses::binary_cross_entropy(probability_of(e.student.logits, e.head),
                                                  threshold
                                                      ? softened(logits, e.head, temperature) > 0.5
                                                      : decided(logits, e.head));
            };
            return term;
          }};
}

TermRow teacher_cross_entropy_row() {
  return {"teacher-cross-entropy",
          "cross-entropy of the student's probabilities, the teacher's softened ones as labels",
          "Li et al. 2020, arXiv:2010.01532, equation 7",
          {{"temperature", Kind::number, "1", "what divides the logits of both", 1e-3, 1e3, {}}},
          [](const Parameters& p) {
            const double temperature = p.number("temperature");
            Term term;
            term.needs_teacher = true;
            term.value = [temperature](const Evidence& e) {
              const at::Tensor target = softened(e.teacher->logits, e.head, temperature);
              const at::Tensor logits = at::div(widened(e.student.logits), temperature);
              if (e.head.kind == Head::Kind::sigmoid)
                return at::binary_cross_entropy_with_logits(logits, target);
              return -(target * at::log_softmax(logits, 1)).sum(1).mean();
            };
            return term;
          }};
}

}  // namespace kdseg::losses
