#include "models/functions/resampling.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/max_pool3d.h>
#include <ATen/ops/upsample_nearest2d.h>
#include <ATen/ops/upsample_nearest3d.h>
#include <torch/csrc/autograd/custom_function.h>

#include "models/cpu/kernels.h"

namespace kdseg::models {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Volumes that the own kernels take.
bool is_cpu_float_volume(const at::Tensor& x) {
  return x.device().is_cpu() && x.scalar_type() == at::kFloat && x.dim() == 5;
}

bool is_double(const at::Tensor& small, at::IntArrayRef large) {
  for (int64_t axis = 2; axis < 5; ++axis)
    if (large[static_cast<size_t>(axis)] != 2 * small.size(axis)) return false;
  return true;
}

/// [N, C, D, H, W] times (numerator / denominator) along the last three axes.
at::Tensor scaled(const at::Tensor& x, int64_t numerator, int64_t denominator,
                  const at::TensorOptions& options) {
  auto shape = x.sizes().vec();
  for (size_t axis = 2; axis < 5; ++axis) shape[axis] = shape[axis] * numerator / denominator;
  return at::empty(shape, options);
}

/// Calls work(map number) for every channel of every sample.
template <class Work>
void for_maps(const at::Tensor& x, const Work& work) {
  at::parallel_for(0, x.size(0) * x.size(1), 1, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) work(i);
  });
}

int64_t voxels(const at::Tensor& x) { return x.size(2) * x.size(3) * x.size(4); }

struct Repeat : torch::autograd::Function<Repeat> {
  static at::Tensor forward(AutogradContext*, const at::Tensor& input) {
    const at::Tensor x = input.contiguous();
    at::Tensor y = scaled(x, 2, 1, x.options());
    const float* from = x.const_data_ptr<float>();
    float* to = y.mutable_data_ptr<float>();
    for_maps(x, [&](int64_t i) {
      cpu::kernels().repeat(from + i * voxels(x), x.size(2), x.size(3), x.size(4),
                            to + i * voxels(y));
    });
    return y;
  }
  static variable_list backward(AutogradContext*, const variable_list& gradients) {
    const at::Tensor dy = gradients[0].contiguous();
    at::Tensor dx = scaled(dy, 1, 2, dy.options());
    const float* from = dy.const_data_ptr<float>();
    float* to = dx.mutable_data_ptr<float>();
    for_maps(dx, [&](int64_t i) {
      cpu::kernels().repeat_gradient(from + i * voxels(dy), dx.size(2), dx.size(3), dx.size(4),
                                     to + i * voxels(dx));
    });
    return {dx};
  }
};

struct Pool : torch::autograd::Function<Pool> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& input) {
    const at::Tensor x = input.contiguous();
    at::Tensor y = scaled(x, 1, 2, x.options());
    at::Tensor which = scaled(x, 1, 2, x.options().dtype(at::kByte));
    const float* from = x.const_data_ptr<float>();
    float* to = y.mutable_data_ptr<float>();
    auto* place = which.mutable_data_ptr<uint8_t>();
    for_maps(x, [&](int64_t i) {
      cpu::kernels().pool(from + i * voxels(x), x.size(2), x.size(3), x.size(4), to + i * voxels(y),
                          place + i * voxels(y));
    });
    context->save_for_backward({which});
    return y;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const at::Tensor which = context->get_saved_variables()[0];
    const at::Tensor dy = gradients[0].contiguous();
    at::Tensor dx = scaled(dy, 2, 1, dy.options());
    const float* from = dy.const_data_ptr<float>();
    const auto* place = which.const_data_ptr<uint8_t>();
    float* to = dx.mutable_data_ptr<float>();
    for_maps(dx, [&](int64_t i) {
      cpu::kernels().pool_gradient(from + i * voxels(dy), place + i * voxels(dy), dx.size(2),
                                   dx.size(3), dx.size(4), to + i * voxels(dx));
    });
    return {dx};
  }
};

}  // namespace

at::Tensor upsample_like(const at::Tensor& x, const at::Tensor& like, Route route) {
  if (x.dim() == 4) return at::upsample_nearest2d(x, like.sizes().slice(2));
  if (route == Route::automatic && is_cpu_float_volume(x) && is_double(x, like.sizes()))
    return Repeat::apply(x);
  return at::upsample_nearest3d(x, like.sizes().slice(2));
}

at::Tensor max_pool_2(const at::Tensor& x, Route route) {
  if (x.dim() == 4) return at::max_pool2d(x, {2, 2});
  const bool even = x.size(2) % 2 == 0 && x.size(3) % 2 == 0 && x.size(4) % 2 == 0;
  if (route == Route::automatic && is_cpu_float_volume(x) && even) return Pool::apply(x);
  return at::max_pool3d(x, {2, 2, 2});
}

}  // namespace kdseg::models
