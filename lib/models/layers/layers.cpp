#include "models/layers/layers.h"

#include <ATen/ops/zeros.h>

namespace kdseg::models {

std::shared_ptr<Layer> make_convolution(int64_t in, int64_t out, int64_t kernel, bool bias) {
  auto layer = std::make_shared<Layer>();
  layer->weight = layer->register_parameter("weight", at::zeros({out, in, kernel, kernel, kernel}));
  if (bias) layer->bias = layer->register_parameter("bias", at::zeros({out}));
  return layer;
}

std::shared_ptr<Layer> make_norm(int64_t channels) {
  auto layer = std::make_shared<Layer>();
  layer->weight = layer->register_parameter("weight", at::zeros({channels}));
  layer->bias = layer->register_parameter("bias", at::zeros({channels}));
  return layer;
}

int64_t LayerShape::macs() const {
  return in * out * kernel * kernel * kernel * size[0] * size[1] * size[2];
}

int64_t total_macs(const std::vector<LayerShape>& layers) {
  int64_t sum = 0;
  for (const auto& layer : layers) sum += layer.macs();
  return sum;
}

int64_t parameter_count(const torch::nn::Module& module) {
  int64_t sum = 0;
  for (const auto& parameter : module.parameters()) sum += parameter.numel();
  return sum;
}

}  // namespace kdseg::models
