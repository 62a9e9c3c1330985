#include "models/functions/linear.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/upsample_bilinear2d.h>
#include <ATen/ops/upsample_trilinear3d.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <vector>

namespace kdseg::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Extent {
  int64_t depth, height, width;
  int64_t voxels() const { return depth * height * width; }
};

/// Calls work(row of the doubled map, first voxels of the four coarse rows that it is the mean of).
/// On a coarse plane or row the four are not all different.
template <class Work>
void for_rows(const Extent& coarse, const Work& work) {
  const auto pair = [](int64_t fine, int64_t length) {
    return std::array<int64_t, 2>{fine / 2, std::min((fine + 1) / 2, length - 1)};
  };
  for (int64_t z = 0; z < 2 * coarse.depth; ++z)
    for (int64_t y = 0; y < 2 * coarse.height; ++y) {
      std::array<int64_t, 4> rows{};
      size_t i = 0;
      for (const int64_t plane : pair(z, coarse.depth))
        for (const int64_t row : pair(y, coarse.height))
          rows[i++] = (plane * coarse.height + row) * coarse.width;
      work((z * 2 * coarse.height + y) * 2 * coarse.width, rows);
    }
}

void double_map(const float* x, const Extent& e, float* y, std::vector<float>& mean) {
  for_rows(e, [&](int64_t to, const std::array<int64_t, 4>& rows) {
    const float *a = x + rows[0], *b = x + rows[1], *c = x + rows[2], *d = x + rows[3];
    for (int64_t i = 0; i < e.width; ++i)
      mean[static_cast<size_t>(i)] = ((a[i] + b[i]) + (c[i] + d[i])) * 0.25f;
    mean[static_cast<size_t>(e.width)] = mean[static_cast<size_t>(e.width - 1)];
    const float* m = mean.data();
    float* out = y + to;
    for (int64_t i = 0; i < e.width; ++i) {
      out[2 * i] = m[i];
      out[2 * i + 1] = (m[i] + m[i + 1]) * 0.5f;
    }
  });
}

/// Adjoint of double_map; dx starts at 0.
void gather_gradient(const float* dy, const Extent& e, float* dx, std::vector<float>& sums) {
  for_rows(e, [&](int64_t from, const std::array<int64_t, 4>& rows) {
    const float* g = dy + from;
    float* sum = sums.data();
    sum[0] = g[0] + 0.5f * g[1];
    for (int64_t i = 1; i < e.width; ++i) sum[i] = g[2 * i] + 0.5f * (g[2 * i + 1] + g[2 * i - 1]);
    sum[e.width - 1] += 0.5f * g[2 * e.width - 1];
    for (const int64_t row : rows) {
      float* to = dx + row;
      for (int64_t i = 0; i < e.width; ++i) to[i] += 0.25f * sum[i];
    }
  });
}

Extent extent_of(const at::Tensor& x) { return {x.size(2), x.size(3), x.size(4)}; }

/// float32 on the CPU, one pass over memory.
struct Double : torch::autograd::Function<Double> {
  static at::Tensor forward(AutogradContext*, const at::Tensor& input) {
    const at::Tensor x = input.contiguous();
    const Extent e = extent_of(x);
    at::Tensor y =
        at::empty({x.size(0), x.size(1), 2 * e.depth, 2 * e.height, 2 * e.width}, x.options());
    const float* from = x.const_data_ptr<float>();
    float* to = y.mutable_data_ptr<float>();
    at::parallel_for(0, x.size(0) * x.size(1), 1, [&](int64_t first, int64_t last) {
      std::vector<float> row(static_cast<size_t>(e.width + 1));
      for (int64_t i = first; i < last; ++i)
        double_map(from + i * e.voxels(), e, to + i * 8 * e.voxels(), row);
    });
    return y;
  }
  static variable_list backward(AutogradContext*, const variable_list& gradients) {
    const at::Tensor dy = gradients[0].contiguous();
    const Extent e{dy.size(2) / 2, dy.size(3) / 2, dy.size(4) / 2};
    at::Tensor dx = at::zeros({dy.size(0), dy.size(1), e.depth, e.height, e.width}, dy.options());
    const float* from = dy.const_data_ptr<float>();
    float* to = dx.mutable_data_ptr<float>();
    at::parallel_for(0, dy.size(0) * dy.size(1), 1, [&](int64_t first, int64_t last) {
      std::vector<float> row(static_cast<size_t>(e.width));
      for (int64_t i = first; i < last; ++i)
        gather_gradient(from + i * 8 * e.voxels(), e, to + i * e.voxels(), row);
    });
    return {dx};
  }
};

at::Tensor doubled_along(const at::Tensor& x, int64_t axis) {
  const int64_t n = x.size(axis);
  const at::Tensor next = at::cat({x.narrow(axis, 1, n - 1), x.narrow(axis, n - 1, 1)}, axis);
  return at::stack({x, (x + next) * 0.5}, axis + 1).flatten(axis, axis + 1);
}

}  // namespace

at::Tensor upsample_linear_2(const at::Tensor& x, LinearGrid grid, Route route) {
  if (grid == LinearGrid::half_pixel) {
    if (x.dim() == 4) return at::upsample_bilinear2d(x, {2 * x.size(2), 2 * x.size(3)}, false);
    return at::upsample_trilinear3d(x, {2 * x.size(2), 2 * x.size(3), 2 * x.size(4)}, false);
  }
  if (route == Route::automatic && x.device().is_cpu() && x.scalar_type() == at::kFloat &&
      x.dim() == 5)
    return Double::apply(x);
  at::Tensor y = x;
  for (int64_t axis = 2; axis < x.dim(); ++axis) y = doubled_along(y, axis);
  return y;
}

}  // namespace kdseg::models
