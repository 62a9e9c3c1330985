#include "models/resampling.h"

#include <ATen/ops/max_pool3d.h>
#include <ATen/ops/upsample_nearest3d.h>

namespace kdseg::models {

at::Tensor upsample_like(const at::Tensor& x, const at::Tensor& like, Route) {
  return at::upsample_nearest3d(x, like.sizes().slice(2));
}

at::Tensor max_pool_2(const at::Tensor& x, Route) { return at::max_pool3d(x, {2, 2, 2}); }

}  // namespace kdseg::models
