// The type that losses are computed in.
#pragma once
#include <ATen/core/Tensor.h>

namespace kdseg::losses {

/// Losses stay float32 (or float64) whatever the networks compute in.
inline at::Tensor widened(const at::Tensor& x) {
  return x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
}

}  // namespace kdseg::losses
