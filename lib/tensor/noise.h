// Dropout masks and latent samples from a counter-based generator: equal for equal (seed, key,
// site).
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
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

  /// Standard normal numbers of the next site, one sample of `shape` per key: [keys, shape...].
  virtual at::Tensor normal(at::IntArrayRef shape, const at::TensorOptions& like);

  /// At the start of a forward pass.
  void rewind() { site_ = 0; }
  size_t samples() const { return keys_.size(); }

  /// Further samples of the same input: other keys for the passes to come. From the first call on,
  /// what shared() may keep is kept.
  void draw(std::vector<uint64_t> keys);

  /// make(), or what an earlier pass made under this name: a map that no dropout precedes is equal
  /// for all samples of an input. Kept only after draw(), where passes are known to see one input.
  at::Tensor shared(const std::string& name, const std::function<at::Tensor()>& make);

  /// Whether shared() keeps the map of this name.
  bool keeps(const std::string& name) const { return kept_.contains(name); }
  /// make() once for all samples, wherever it stands: for what is made of kept maps alone.
  at::Tensor once(const std::string& name, const std::function<at::Tensor()>& make);

 private:
  uint64_t seed_;
  std::vector<uint64_t> keys_;
  uint64_t site_ = 0;
  bool keep_ = false;
  std::map<std::string, at::Tensor> kept_;
};

}  // namespace kdseg::tensor
