#include "models/layers/dropout.h"

#include <ATen/ops/mul.h>

#include "tensor/noise.h"

namespace kdseg::models {

Maps drop_values(const Maps& x, double p, const Context& context) {
  if (!context.noise || p == 0) return x;
  const at::Tensor values = x.tensor();
  return at::mul(values, context.noise->value_mask(values.sizes().slice(1), p, values.options()));
}

}  // namespace kdseg::models
