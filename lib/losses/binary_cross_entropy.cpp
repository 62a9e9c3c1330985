#include "losses/binary_cross_entropy.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/binary_cross_entropy.h>
#include <ATen/ops/binary_cross_entropy_with_logits.h>
#include <ATen/ops/log.h>
#include <ATen/ops/log1p.h>
#include <ATen/ops/log_sigmoid.h>
#include <fmt/ranges.h>

#include "base/errors.h"
#include "losses/judged.h"
#include "losses/shares.h"
#include "losses/widened.h"

namespace kdseg::losses {
namespace {

using Kind = Parameter::Kind;

constexpr double least = -100;  ///< of logarithms of probabilities, as in PyTorch

at::Tensor scaled(const at::Tensor& x, double factor) { return factor == 1 ? x : x * factor; }

void require_equal(const at::Tensor& maps, const at::Tensor& target) {
  if (maps.sizes() != target.sizes())
    throw DataError("binary cross-entropy: probabilities are [{}], targets [{}]",
                    fmt::join(maps.sizes(), ", "), fmt::join(target.sizes(), ", "));
}

}  // namespace

at::Tensor binary_cross_entropy(const at::Tensor& probability, const at::Tensor& target) {
  require_equal(probability, target);
  const at::Tensor p = widened(probability);
  return at::binary_cross_entropy(p, target.to(p.scalar_type()));
}

at::Tensor binary_cross_entropy(const at::Tensor& maps, const at::Tensor& target,
                                const BinaryCrossEntropyOptions& o) {
  const double factor = o.per_voxel ? static_cast<double>(maps.size(1)) : 1.0;
  if (!o.from_logits && o.background == 1)
    return scaled(losses::binary_cross_entropy(maps, target), factor);
  require_equal(maps, target);
  const at::Tensor x = widened(maps), t = target.to(x.scalar_type());
  if (o.background == 1) return scaled(at::binary_cross_entropy_with_logits(x, t), factor);
  const at::Tensor log = o.from_logits ? at::log_sigmoid(x) : at::log(x).clamp_min(least);
  const at::Tensor log_rest = o.from_logits ? at::log_sigmoid(-x) : at::log1p(-x).clamp_min(least);
  return scaled(-(t * log + (1.0 - t) * log_rest * o.background).mean(), factor);
}

TermRow binary_cross_entropy_row() {
  return {
      "binary-cross-entropy",
      "mean over voxels and channels of each class's cross-entropy against the rest",
      "KD-Net, Hu et al. 2020, arXiv:2106.09564",
      {{"from",
        Kind::choice,
        "probabilities",
        "probabilities, whose logarithms are no lower than -100; logits: from log-sigmoid, for "
        "regions",
        -1e300,
        1e300,
        {"probabilities", "logits"}},
       {"mean",
        Kind::choice,
        "elements",
        "over elements, or over voxels: the sum over channels",
        -1e300,
        1e300,
        {"elements", "voxels"}},
       {"background-weight",
        Kind::number,
        "1",
        "factor where a voxel does not belong to the channel (Lachinov et al. 2020, code: 0.01)",
        0.0,
        1e6,
        {}},
       output_parameter()},
      [](const Parameters& p) {
        const BinaryCrossEntropyOptions options{.background = p.number("background-weight"),
                                                .per_voxel = p.text("mean") == "voxels",
                                                .from_logits = p.text("from") == "logits"};
        const std::string& output = p.text("output");
        Term term;
        term.needs_target = true;
        need_output(term, output);
        term.value = [options, output](const Evidence& e) {
          if (options.from_logits && e.head.kind != Head::Kind::sigmoid)
            throw UsageError(
                "[term.binary-cross-entropy]: from = logits needs regions, a sigmoid each; give "
                "--head regions");
          const Judged maps = judged(e, output);
          return losses::binary_cross_entropy(
              options.from_logits ? maps.logits : probability_of(maps.logits, e.head), maps.shares,
              options);
        };
        return term;
      }};
}

}  // namespace kdseg::losses
