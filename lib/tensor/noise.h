// Dropout masks and latent samples from a counter-based generator: equal for equal (seed, key,
// site).
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace kdseg::tensor {

/// Gives each random site of a forward pass its mask or sample. A site is the running number of the
/// call within one forward pass, so networks need no registration. Masks do not depend on the
/// device or the number of threads.
class Noise {
 public:
  /// Training: one key per batch element, e.g. hash of (step, element).
  Noise(uint64_t seed, std::vector<uint64_t> keys);
  virtual ~Noise() = default;

  /// Channel dropout (Dropout3d): x [N, C, ...] with whole channels zeroed with probability p and
  /// the rest scaled by 1/(1-p). p = 0 returns x and uses no site. When x has a batch of one and
  /// there are more keys, the batch is expanded to one sample per key (Monte Carlo dropout computes
  /// what lies before the first active site once).
  /// \throws std::logic_error  N is neither 1 nor the number of keys, or p is not in [0, 1)
  at::Tensor drop_channels(const at::Tensor& x, double p);

  /// The mask of the next site, [keys, C], values 0 or 1/(1-p); the site counts as used, so a
  /// caller may fold the mask into weights instead of calling drop_channels. p = 0: all 1, no site.
  at::Tensor channel_mask(int64_t channels, double p, const at::TensorOptions& like);

  /// The same for single values, [keys, shape...]: every value is dropped by itself, to within
  /// 2^-32 of p.
  at::Tensor value_mask(at::IntArrayRef shape, double p, const at::TensorOptions& like);

  /// Standard normal numbers of the next site, one sample of `shape` per key: [keys, shape...].
  virtual at::Tensor normal(at::IntArrayRef shape, const at::TensorOptions& like);

  /// At the start of a forward pass.
  void rewind() { site_ = 0; }
  size_t samples() const { return keys_.size(); }

  /// Further samples of the same input: other keys for the passes to come. From the first call on,
  /// what no dropout precedes may be kept: it is equal for all samples.
  void draw(std::vector<uint64_t> keys);

  /// What is kept: the layer or map that it was made by or from, and how.
  using Kept = std::pair<const void*, std::string>;
  /// A map that an earlier pass kept, or null. It lives as long as this object does.
  const at::Tensor* kept(const Kept& name) const;
  /// Keeps a map for the passes to come; passes are known to see one input after draw() only.
  const at::Tensor& keep(Kept name, at::Tensor map);
  /// Whether what was made up to here is the same for all samples, and may be kept.
  bool may_keep() const { return keep_ && site_ == 0; }

 private:
  uint64_t seed_;
  std::vector<uint64_t> keys_;
  uint64_t site_ = 0;
  bool keep_ = false;
  std::map<Kept, at::Tensor> kept_;
};

}  // namespace kdseg::tensor
