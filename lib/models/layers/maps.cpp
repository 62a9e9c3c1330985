#include "models/layers/maps.h"

#include <ATen/ops/mul.h>

#include <algorithm>

#include "models/functions/normalization.h"
#include "tensor/noise.h"

namespace kdseg::models {

Context::Context(const tensor::Input& input, bool plain)
    : route(plain ? Route::plain : Route::automatic),
      noise(input.noise),
      statistics(input.statistics),
      domain(input.domain) {
  if (noise) noise->rewind();
}

Maps Context::once(const void* block, const std::function<Maps()>& make) const {
  if (!noise) return make();
  const tensor::Noise::Kept name{block, "output"};
  if (const at::Tensor* kept = noise->kept(name)) return Maps::shared(*kept);
  Maps made = make();
  return noise->may_keep() ? Maps::shared(noise->keep(name, made.tensor())) : made;
}

Maps Context::once_of(const Maps& x, const std::string& how,
                      const std::function<at::Tensor(const at::Tensor&)>& make) const {
  const at::Tensor from = x.tensor();
  if (!noise || x.pieces().size() != 1 || !x.pieces().front().shared) return make(from);
  const tensor::Noise::Kept name{from.unsafeGetTensorImpl(), how};
  const at::Tensor* kept = noise->kept(name);
  return Maps::shared(kept ? *kept : noise->keep(name, make(from)));
}

Maps::Maps(at::Tensor x) { *this = waiting(std::move(x), {}); }

Maps Maps::waiting(at::Tensor x, at::Tensor activation) {
  Maps maps;
  auto part = std::make_shared<Part>();
  part->x = std::move(x);
  part->activation = std::move(activation);
  maps.pieces_.push_back({std::move(part)});
  return maps;
}

Maps Maps::shared(at::Tensor x) {
  Maps maps(std::move(x));
  maps.pieces_.front().shared = true;
  return maps;
}

Maps Maps::beside(const Maps& next) const {
  Maps both = *this;
  both.pieces_.insert(both.pieces_.end(), next.pieces_.begin(), next.pieces_.end());
  return both;
}

Maps Maps::times(const at::Tensor& mask) const {
  Maps masked = *this;
  int64_t first = 0;
  for (auto& piece : masked.pieces_) {
    const int64_t count = piece.part->x.size(1);
    const at::Tensor own = pieces_.size() == 1 ? mask : mask.narrow(1, first, count).contiguous();
    piece.mask = piece.mask.defined() ? at::mul(piece.mask, own) : own;
    first += count;
  }
  return masked;
}

bool Maps::is_meta() const { return defined() && pieces_.front().part->x.is_meta(); }

int64_t Maps::channels() const {
  int64_t count = 0;
  for (const auto& piece : pieces_) count += piece.part->x.size(1);
  return count;
}

std::vector<int64_t> Maps::sizes() const {
  auto sizes = pieces_.front().part->x.sizes().vec();
  for (const auto& piece : pieces_) {
    sizes[0] = std::max(sizes[0], piece.part->x.size(0));
    if (piece.mask.defined()) sizes[0] = std::max(sizes[0], piece.mask.size(0));
  }
  sizes[1] = channels();
  return sizes;
}

at::Tensor Maps::Piece::tensor() const {
  if (part->activation.defined()) {
    part->x = activated(std::move(part->x), part->activation);
    part->activation.reset();
  }
  return mask.defined() ? at::mul(part->x, per_channel(mask, part->x.dim())) : part->x;
}

at::Tensor Maps::tensor() const {
  if (pieces_.empty()) return {};
  if (pieces_.size() == 1) return pieces_.front().tensor();
  std::vector<at::Tensor> all;
  for (const auto& piece : pieces_) all.push_back(piece.tensor());
  return beside_each_other(all);
}

Maps drop_channels(const Maps& x, double p, const Context& context) {
  if (!context.noise || p == 0) return x;
  return x.times(
      context.noise->channel_mask(x.channels(), p, x.pieces().front().part->x.options()));
}

}  // namespace kdseg::models
