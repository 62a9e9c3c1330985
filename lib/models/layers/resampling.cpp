#include "models/layers/resampling.h"

#include <ATen/ops/empty.h>

#include "models/functions/resampling.h"

namespace kdseg::models {
namespace {

/// x without values at another size: `times` / `over` of its own along every axis.
Maps resized(const Maps& x, int64_t times, int64_t over) {
  auto size = x.sizes();
  for (size_t axis = 2; axis < size.size(); ++axis) size[axis] = size[axis] * times / over;
  return at::empty(size, x.tensor().options());
}

}  // namespace

Maps max_pool_2(const Maps& x, const Context& context) {
  if (x.is_meta()) return resized(x, 1, 2);
  return context.once_of(x, "pooled",
                         [&](const at::Tensor& map) { return max_pool_2(map, context.route); });
}

Maps upsample_like(const Maps& x, const Maps& like, const Context& context) {
  return context.once_of(x, "upsampled", [&](const at::Tensor& map) {
    return upsample_like(map, like.tensor(), context.route);
  });
}

Maps upsample_linear_2(const Maps& x, LinearGrid grid, const Context& context) {
  if (x.is_meta()) return resized(x, 2, 1);
  return context.once_of(x, "doubled", [&](const at::Tensor& map) {
    return upsample_linear_2(map, grid, context.route);
  });
}

}  // namespace kdseg::models
