#include "tensor/noise.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/mul.h>
#include <ATen/ops/ones.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "base/random.h"

namespace kdseg::tensor {
namespace {

void require_probability(double p) {
  if (!(p >= 0.0 && p < 1.0)) throw std::logic_error("a dropout probability lies in [0, 1)");
}

}  // namespace

Noise::Noise(uint64_t seed, std::vector<uint64_t> keys) : seed_(seed), keys_(std::move(keys)) {
  if (keys_.empty()) throw std::logic_error("dropout noise needs at least one key");
}

void Noise::draw(std::vector<uint64_t> keys) {
  if (keys.empty()) throw std::logic_error("dropout noise needs at least one key");
  keys_ = std::move(keys);
  keep_ = true;
}

const at::Tensor* Noise::kept(const Kept& name) const {
  const auto found = kept_.find(name);
  return found == kept_.end() ? nullptr : &found->second;
}

const at::Tensor& Noise::keep(Kept name, at::Tensor map) {
  return kept_[std::move(name)] = std::move(map);
}

at::Tensor Noise::channel_mask(int64_t channels, double p, const at::TensorOptions& like) {
  require_probability(p);
  const auto samples = static_cast<int64_t>(keys_.size());
  if (p == 0.0) return at::ones({samples, channels}, like);
  const std::string site = "dropout-" + std::to_string(site_++);
  const double kept = 1.0 / (1.0 - p);
  at::Tensor mask = at::empty({samples, channels}, at::kDouble);
  auto* value = mask.mutable_data_ptr<double>();
  for (const uint64_t key : keys_) {
    Random random(seed_, key, site);
    for (int64_t c = 0; c < channels; ++c) *value++ = random.uniform() < p ? 0.0 : kept;
  }
  return mask.to(like.device(), c10::typeMetaToScalarType(like.dtype()));
}

at::Tensor Noise::value_mask(at::IntArrayRef shape, double p, const at::TensorOptions& like) {
  require_probability(p);
  std::vector<int64_t> full{static_cast<int64_t>(keys_.size())};
  full.insert(full.end(), shape.begin(), shape.end());
  if (p == 0.0) return at::ones(full, like);
  const std::string site = "dropout-" + std::to_string(site_++);
  at::Tensor mask = at::empty(full, at::kFloat);
  const int64_t count = mask.numel() / full[0];
  const auto limit = static_cast<uint64_t>(p * 0x1p32);  // words below it are dropped
  auto* value = mask.mutable_data_ptr<float>();
  for (const uint64_t key : keys_) {
    const Random random(seed_, key, site);
    at::parallel_for(0, (count + 3) / 4, 4096, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) {
        const auto words = random.words_at(static_cast<uint64_t>(i));
        for (int64_t j = 4 * i; j < std::min(4 * i + 4, count); ++j)
          value[j] = words[static_cast<size_t>(j - 4 * i)] < limit ? 0.0f : 1.0f;
      }
    });
    value += count;
  }
  return mask.to(like.device(), c10::typeMetaToScalarType(like.dtype())).mul_(1.0 / (1.0 - p));
}

at::Tensor Noise::normal(at::IntArrayRef shape, const at::TensorOptions& like) {
  std::vector<int64_t> full{static_cast<int64_t>(keys_.size())};
  full.insert(full.end(), shape.begin(), shape.end());
  const std::string site = "normal-" + std::to_string(site_++);
  at::Tensor sample = at::empty(full, at::kDouble);
  const int64_t count = sample.numel() / full[0];
  auto* value = sample.mutable_data_ptr<double>();
  for (const uint64_t key : keys_) {
    const Random random(seed_, key, site);
    at::parallel_for(0, count, 4096, [&](int64_t first, int64_t last) {
      for (int64_t i = first; i < last; ++i) value[i] = random.normal_at(static_cast<uint64_t>(i));
    });
    value += count;
  }
  return sample.to(like.device(), c10::typeMetaToScalarType(like.dtype()));
}

at::Tensor Noise::drop_channels(const at::Tensor& x, double p) {
  if (p == 0.0) return x;
  const int64_t batch = x.size(0), channels = x.size(1);
  if (batch != 1 && batch != static_cast<int64_t>(keys_.size()))
    throw std::logic_error("dropout: a batch of " + std::to_string(batch) + " with " +
                           std::to_string(keys_.size()) + " keys");
  std::vector<int64_t> shape(static_cast<size_t>(x.dim()), 1);
  shape[0] = static_cast<int64_t>(keys_.size());
  shape[1] = channels;
  return at::mul(x, channel_mask(channels, p, x.options()).view(shape));
}

}  // namespace kdseg::tensor
