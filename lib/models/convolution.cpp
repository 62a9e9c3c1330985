#include "models/convolution.h"

#include <ATen/ops/convolution.h>

namespace kdseg::models {

at::Tensor convolve(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                    int64_t stride, int64_t padding, Route) {
  const std::array<int64_t, 3> strides{stride, stride, stride}, pads{padding, padding, padding},
      ones{1, 1, 1}, zeros{0, 0, 0};
  return at::convolution(x, weight, bias, strides, pads, ones, false, zeros, 1);
}

}  // namespace kdseg::models
