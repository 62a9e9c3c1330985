#include "models/work.h"

#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>

namespace kdseg::models {
namespace {

/// An image without values.
at::Tensor probe(const Network& network, int64_t channels, std::array<int64_t, 3> size) {
  const at::TensorOptions meta = at::TensorOptions(at::kFloat).device(at::kMeta);
  if (network.dimensions() == 2) return at::empty({size[2], channels, size[1], size[0]}, meta);
  return at::empty({1, channels, size[2], size[1], size[0]}, meta);
}

}  // namespace

std::vector<LayerWork> work_of(Network& network, int64_t channels, std::array<int64_t, 3> size,
                               std::span<const std::string> wanted) {
  const c10::NoGradGuard no_grad;
  const WorkCounter counter;
  network.forward({.image = probe(network, channels, size)}, wanted);
  return counter.layers(network.module());
}

std::vector<LayerWork> work_of(Discriminator& discriminator, Network& network, int64_t channels,
                               std::array<int64_t, 3> size) {
  const c10::NoGradGuard no_grad;
  const at::Tensor image = probe(network, channels, size);
  const auto needs = discriminator.needs();
  const tensor::Output judged = network.forward({.image = image}, needs);
  const WorkCounter counter;
  discriminator.forward(image, judged);
  return counter.layers(*discriminator.module());
}

int64_t macs_of(Network& network, int64_t channels, std::array<int64_t, 3> size,
                std::span<const std::string> wanted) {
  return total_macs(work_of(network, channels, size, wanted));
}

int64_t macs_of(Discriminator& discriminator, Network& network, int64_t channels,
                std::array<int64_t, 3> size) {
  return total_macs(work_of(discriminator, network, channels, size));
}

}  // namespace kdseg::models
