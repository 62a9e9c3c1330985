#include "models/layers/normalization.h"

#include <ATen/ops/batch_norm.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>

#include "models/functions/normalization.h"

namespace kdseg::models {
namespace {

at::Tensor widened(const at::Tensor& x) {
  const bool half = x.scalar_type() == at::kHalf || x.scalar_type() == at::kBFloat16;
  return half ? x.to(at::kFloat) : x;
}

at::Tensor leaky(const at::Tensor& x, double slope) {
  return slope == 1 ? x : slope == 0 ? at::relu(x) : at::leaky_relu(x, slope);
}

}  // namespace

InstanceNorm::InstanceNorm(const InstanceNormShape& shape) : shape_(shape) {
  if (!shape.affine) return;
  weight = register_parameter("weight", at::zeros({shape.channels}));
  bias = register_parameter("bias", at::zeros({shape.channels}));
}

Maps InstanceNorm::forward(const Maps& x, const Context& context) const {
  if (x.is_meta()) return x;
  Maps all;
  int64_t first = 0;
  for (const auto& piece : x.pieces()) {
    const at::Tensor map = piece.tensor();
    const int64_t count = map.size(1);
    const auto share = [&](const at::Tensor& of_all) {
      return of_all.defined() && count != shape_.channels ? of_all.narrow(0, first, count) : of_all;
    };
    const at::Tensor normed = instance_norm_leaky(map, share(weight), share(bias), shape_.slope,
                                                  context.route, shape_.epsilon);
    all = all.defined() ? all.beside(normed) : Maps(normed);
    first += count;
  }
  return all;
}

Maps InstanceNorm::forward(const std::vector<Summand>& summands, const Context& context) const {
  at::Tensor spreads;
  at::Tensor x = convolved(summands, context, &spreads);
  if (!spreads.defined()) return forward(x, context);
  const at::Tensor activation =
      waiting_norm(spreads, weight, bias, x.size(1), shape_.slope, shape_.epsilon);
  return Maps::waiting(std::move(x), activation);
}

BatchNorm::BatchNorm(const BatchNormShape& shape) : shape_(shape) {
  weight = register_parameter("weight", at::zeros({shape.channels}));
  bias = register_parameter("bias", at::zeros({shape.channels}));
  running_mean = register_buffer("running_mean", at::zeros({shape.channels}));
  running_var = register_buffer("running_var", at::ones({shape.channels}));
}

Maps BatchNorm::forward(const Maps& x, const Context& context) const {
  if (x.is_meta()) return x;
  const bool batch = context.statistics != tensor::Statistics::gathered;
  const bool known = context.statistics != tensor::Statistics::batch;
  return leaky(
      at::batch_norm(widened(x.tensor()), weight, bias, known ? running_mean : at::Tensor(),
                     known ? running_var : at::Tensor(), batch, shape_.momentum, shape_.epsilon,
                     /*cudnn_enabled=*/true),
      shape_.slope);
}

GroupNorm::GroupNorm(const GroupNormShape& shape) : shape_(shape) {
  weight = register_parameter("weight", at::zeros({shape.channels}));
  bias = register_parameter("bias", at::zeros({shape.channels}));
}

Maps GroupNorm::forward(const Maps& x, const Context&) const {
  if (x.is_meta()) return x;
  return leaky(at::group_norm(widened(x.tensor()), shape_.groups, weight, bias, shape_.epsilon),
               shape_.slope);
}

Unit::Unit(const UnitShape& s) {
  conv = register_module("conv", make_convolution({.in = s.in,
                                                   .out = s.out,
                                                   .kernel = s.kernel,
                                                   .bias = s.bias,
                                                   .dimensions = s.dimensions}));
  norm = std::make_shared<InstanceNorm>(
      InstanceNormShape{.channels = s.out, .slope = s.slope, .affine = s.affine});
  if (s.affine) register_module(s.norm_name, norm);
}

}  // namespace kdseg::models
