#include "models/layers/dense.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/zeros.h>

#include "models/layers/work.h"

namespace kdseg::models {

Dense::Dense(int64_t in, int64_t out) {
  weight = register_parameter("weight", at::zeros({out, in}));
  bias = register_parameter("bias", at::zeros({out}));
}

at::Tensor Dense::forward(const at::Tensor& x) const {
  const std::vector<int64_t> size{x.size(0), weight.size(0)};
  WorkCounter::note(*this, weight, weight.size(1), size, size);
  return x.is_meta() ? at::empty(size, x.options()) : at::linear(x, weight, bias);
}

}  // namespace kdseg::models
