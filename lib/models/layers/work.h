// Multiply-accumulates as layers count them during a forward pass.
#pragma once
#include <torch/nn/module.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace kdseg::models {

/// One convolution or linear layer as it ran.
struct LayerWork {
  std::string name;  ///< within its network
  int64_t in = 0, out = 0, kernel = 0;
  std::array<int64_t, 3> size{};  ///< of the output along x, y, z; 1 where there is no such axis
  int64_t macs = 0;               ///< multiply-accumulates
};

int64_t total_macs(const std::vector<LayerWork>& layers);

/// While alive, layers that run on this thread note their work here, in the order they run. The
/// innermost one alive counts.
class WorkCounter {
 public:
  WorkCounter();
  ~WorkCounter();
  WorkCounter(const WorkCounter&) = delete;
  WorkCounter& operator=(const WorkCounter&) = delete;

  /// Called by layers; nothing without a counter. `positions` are those at which every weight of
  /// `layer` is used once, [N, any, (D,) H, W]; `result` is what the layer gives of `in` channels.
  static void note(const torch::nn::Module& layer, const at::Tensor& weight, int64_t in,
                   at::IntArrayRef positions, at::IntArrayRef result);

  /// The layers that ran, named as in `network`. \throws std::logic_error  one is no part of it
  std::vector<LayerWork> layers(const torch::nn::Module& network) const;

 private:
  struct Note {
    const torch::nn::Module* layer;
    LayerWork work;
  };
  std::vector<Note> notes_;
  WorkCounter* outer_;
};

}  // namespace kdseg::models
