#include "losses/judged.h"

#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/avg_pool3d.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/errors.h"
#include "losses/shares.h"
#include "losses/widened.h"

namespace kdseg::losses {
namespace {

const std::string finest = "logits";

/// Means over blocks, at the size of `like`.
at::Tensor pooled(const at::Tensor& shares, const at::Tensor& like) {
  const int64_t times = shares.size(2) / std::max<int64_t>(like.size(2), 1);
  for (int64_t axis = 2; axis < like.dim(); ++axis)
    if (times < 1 || like.size(axis) * times != shares.size(axis))
      throw DataError(
          "labels are [{}], coarse logits [{}]; expected an equal fraction of each side",
          fmt::join(shares.sizes(), ", "), fmt::join(like.sizes(), ", "));
  const std::vector<int64_t> block(static_cast<size_t>(like.dim() - 2), times);
  return like.dim() == 4 ? at::avg_pool2d(shares, block) : at::avg_pool3d(shares, block);
}

}  // namespace

Parameter output_parameter() {
  return {
      "output",
      Parameter::Kind::text,
      finest,
      "what it looks at: logits, or a coarser output of the network by its name, against labels "
      "averaged over blocks",
      -1e300,
      1e300,
      {}};
}

Judged judged(const Evidence& e, const std::string& output) {
  const at::Tensor& logits = e.student.logits;
  const at::Tensor wide = widened(logits);
  if (output == finest) return {logits, shares_of(*e.target, e.head, wide)};
  const at::Tensor& coarse = e.student.extra.get(output);
  return {coarse, pooled(shares_of(*e.target, e.head, wide), coarse)};
}

void need_output(Term& term, const std::string& output) {
  if (output != finest) term.student_needs.push_back(output);
}

}  // namespace kdseg::losses
