#include "losses/shares.h"

#include <ATen/ops/max.h>
#include <ATen/ops/min.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/errors.h"
#include "losses/widened.h"

namespace kdseg::losses {
namespace {

void check(const at::Tensor& classes, const at::Tensor& like, int64_t count) {
  bool fits = like.dim() >= 3 && classes.dim() == like.dim() - 1 && classes.size(0) == like.size(0);
  for (int64_t axis = 1; fits && axis < classes.dim(); ++axis)
    fits = classes.size(axis) == like.size(axis + 1);
  if (!fits)
    throw DataError("labels are [{}], logits [{}]; expected [N, ...] and [N, K, ...]",
                    fmt::join(classes.sizes(), ", "), fmt::join(like.sizes(), ", "));
  if (classes.numel() == 0) return;
  const auto lowest = at::min(classes).item<int64_t>(), highest = at::max(classes).item<int64_t>();
  if (lowest < 0 || highest >= count)
    throw DataError("labels from {} to {}, expected 0 to {}", lowest, highest, count - 1);
}

/// 1 where channel k stands for class c, [classes, K].
at::Tensor membership(const Head& head, const at::Tensor& like) {
  at::Tensor table = at::zeros({static_cast<int64_t>(head.codes.size()), head.channels()});
  auto* value = table.mutable_data_ptr<float>();
  for (size_t k = 0; k < head.classes_of.size(); ++k)
    for (const int c : head.classes_of[k])
      value[static_cast<size_t>(c) * head.classes_of.size() + k] = 1.0f;
  return table.to(like.device(), like.scalar_type());
}

}  // namespace

at::Tensor probability_of(const at::Tensor& logits, const Head& head) {
  const at::Tensor wide = widened(logits);
  return head.kind == Head::Kind::softmax ? at::softmax(wide, 1) : at::sigmoid(wide);
}

at::Tensor shares_of(const tensor::Target& target, const Head& head, const at::Tensor& like) {
  if (target.share.defined()) {
    if (target.share.sizes() != like.sizes())
      throw DataError("shares are [{}], logits [{}]; expected equal shapes",
                      fmt::join(target.share.sizes(), ", "), fmt::join(like.sizes(), ", "));
    return target.share.to(like.device(), like.scalar_type());
  }
  if (head.kind == Head::Kind::softmax) {
    check(target.classes, like, like.size(1));
    return at::zeros_like(like.detach()).scatter_(1, target.classes.unsqueeze(1), 1.0);
  }
  check(target.classes, like, static_cast<int64_t>(head.codes.size()));
  return membership(head, like).index({target.classes}).movedim(-1, 1).contiguous();
}

}  // namespace kdseg::losses
