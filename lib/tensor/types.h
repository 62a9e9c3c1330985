// What crosses folders on the Torch side.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/contract.h"

namespace kdseg::tensor {

/// Named tensors in insertion order.
struct Bag {
  std::vector<std::pair<std::string, at::Tensor>> items{};
  bool has(std::string_view name) const;
  const at::Tensor& get(std::string_view name) const;  ///< std::out_of_range names what is there
  void set(std::string name, at::Tensor value);
};

class Noise;

struct Input {
  at::Tensor image{};    ///< [N, C, D, H, W] (or [N, C, H, W] for slices)
  at::Tensor present{};  ///< [N, C], 1 where the channel is given; undefined: all
  int64_t domain = 0;
  Noise* noise = nullptr;  ///< null: no dropout (evaluation)
  /// [1, K, D, H, W] float32 in memory: a network that can adds the softmax of every sample's
  /// logits there and leaves Output::logits undefined, which saves a way to memory and back.
  at::Tensor* softmax_sum = nullptr;
};

struct Output {
  at::Tensor logits{};  ///< [N, K, D, H, W]
  Bag extra{};          ///< taps, coarse logits, ...: only what was asked for
};

struct Target {
  at::Tensor classes{};  ///< [N, D, H, W] int64 class indices
  at::Tensor share{};    ///< [N, K, D, H, W] in [0, 1] (soft or region targets); may be undefined
  at::Tensor image{};    ///< [N, K, D, H, W] channels to be made; undefined where none are
};

struct Batch {
  Input input;
  Target target;
  std::vector<std::string> cases;     ///< one per sample
  std::vector<std::string> channels;  ///< names of the image's channels; empty: not told
  /// The samples that have a target, where only some do; empty: all, or none where there is none.
  std::vector<int64_t> labelled;
};

using Draw = std::map<std::string, Batch>;  ///< one batch per stream

}  // namespace kdseg::tensor
