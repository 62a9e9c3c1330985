// 3x3x3 convolutions, stride 1, padding 1, on float32 maps in memory: fewer multiplications.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "models/cpu/kernels.h"

namespace kdseg::models::cpu {

struct Size {
  int64_t depth = 0, height = 0, width = 0;
  int64_t voxels() const { return depth * height * width; }
};

/// Floats that nobody has filled yet: clearing them would cost more than some transforms.
class Floats {
 public:
  Floats() = default;
  explicit Floats(int64_t count)
      : values_(std::make_unique_for_overwrite<float[]>(static_cast<size_t>(count))) {}
  float* data() { return values_.get(); }
  const float* data() const { return values_.get(); }

 private:
  std::unique_ptr<float[]> values_;
};

/// The weights of one input channel: output o has 27 taps at taps + o * out_stride, to be
/// multiplied by `factor`. For the gradient in the input, outputs and inputs change places and the
/// taps are reversed.
struct WeightView {
  const float* taps = nullptr;
  int64_t out_stride = 0;
  bool reversed = false;
  float factor = 1.0f;
};

/// Transformed weights, ready for convolve(). One entry of `inputs` per input channel.
Floats transform_weights(const Kernels& kernels, const std::vector<WeightView>& inputs,
                         int64_t outputs);

/// Maps to be added to a result, one per output channel one behind the other, times `factor`.
struct Addend {
  const float* maps = nullptr;
  float factor = 1.0f;
};

/// Mean and mean squared deviation of a map.
struct Spread {
  double mean = 0, variance = 0;
};

/// out[o] = bias[o] + sum over c of weights(o, c) * in[c] + added; maps are [depth][height][width].
/// Equal for any number of threads. `bias` may be null. `activations`, one per input or none, are
/// done as the maps are read; beyond their borders the maps stay 0. `spreads`, one per output where
/// it is not null, is computed on the way, while the results are in the cache; not a number where
/// they are none.
void convolve(const Kernels& kernels, const std::vector<const float*>& in, const Floats& weights,
              const float* bias, const std::vector<float*>& out, Size size,
              const std::vector<Addend>& added = {}, Spread* spreads = nullptr,
              const std::vector<Activation>& activations = {});

/// Gradient in the weights, still transformed: for scatter_weights(). Equal for any number of
/// threads.
Floats correlate(const Kernels& kernels, const std::vector<const float*>& in,
                 const std::vector<const float*>& gradient, Size size);

/// Where the gradient of one input channel's weights is added, times `factor`.
struct WeightPlace {
  float* taps = nullptr;
  int64_t out_stride = 0;
  float factor = 1.0f;
};

/// Adds the result of correlate() to the weights' gradients, one place per input channel.
void scatter_weights(const Kernels& kernels, const Floats& correlated,
                     const std::vector<WeightPlace>& places, int64_t outputs);

}  // namespace kdseg::models::cpu
