// Dropout masks from a counter-based generator: equal for equal (seed, key, site).
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace kdseg::tensor {

/// Gives each dropout site of a forward pass its mask. A site is the running number of the call
/// within one forward pass, so networks need no registration. Masks do not depend on the device or
/// the number of threads.
class Noise {
 public:
  /// Training: one key per batch element, e.g. hash of (step, element).
  Noise(uint64_t seed, std::vector<uint64_t> keys);

  /// Channel dropout (Dropout3d): x [N, C, ...] with whole channels zeroed with probability p and
  /// the rest scaled by 1/(1-p). p = 0 returns x and uses no site. When x has a batch of one and
  /// there are more keys, the batch is expanded to one sample per key (Monte Carlo dropout computes
  /// what lies before the first active site once).
  /// \throws std::logic_error  N is neither 1 nor the number of keys, or p is not in [0, 1)
  at::Tensor drop_channels(const at::Tensor& x, double p);

  /// The mask of the next site, [keys, C], values 0 or 1/(1-p); the site counts as used, so a
  /// caller may fold the mask into weights instead of calling drop_channels. p = 0: all 1, no site.
  at::Tensor channel_mask(int64_t channels, double p, const at::TensorOptions& like);

  void rewind() { site_ = 0; }  ///< at the start of a forward pass
  size_t samples() const { return keys_.size(); }

 private:
  uint64_t seed_;
  std::vector<uint64_t> keys_;
  uint64_t site_ = 0;
};

}  // namespace kdseg::tensor
