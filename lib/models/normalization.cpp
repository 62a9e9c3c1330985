#include "models/normalization.h"

#include <ATen/ops/instance_norm.h>
#include <ATen/ops/leaky_relu.h>

namespace kdseg::models {
namespace {

constexpr double epsilon = 1e-5;

}  // namespace

at::Tensor instance_norm_leaky(const at::Tensor& x, const at::Tensor& weight,
                               const at::Tensor& bias, double slope, Route) {
  const at::Tensor wide =
      x.scalar_type() == at::kHalf || x.scalar_type() == at::kBFloat16 ? x.to(at::kFloat) : x;
  const at::Tensor normal = at::instance_norm(wide, weight, bias, {}, {}, true, 0.0, epsilon, true);
  return at::leaky_relu(normal, slope);
}

}  // namespace kdseg::models
