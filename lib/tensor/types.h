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

/// Which mean and variance a batch norm goes by.
enum class Statistics {
  gathered,          ///< those that training gathered (evaluation)
  batch,             ///< those of the batch; what was gathered stays as it is
  batch_and_gather,  ///< those of the batch, which are gathered, too (training)
};

struct Input {
  at::Tensor image{};      ///< [N, C, D, H, W] (or [N, C, H, W] for slices)
  at::Tensor present{};    ///< [N, C], 1 where the channel is given; undefined: all
  int64_t domain = 0;      ///< for networks with layers of their own for each domain of images
  Noise* noise = nullptr;  ///< null: no dropout (evaluation)
  Statistics statistics = Statistics::gathered;
};

struct Output {
  at::Tensor logits{};  ///< [N, K, (D,) H, W]
  Bag extra{};          ///< taps, coarse logits, ...: only what was asked for
};

struct Target {
  at::Tensor classes{};  ///< [N, (D,) H, W] int64 class indices
  at::Tensor share{};    ///< [N, K, (D,) H, W] in [0, 1] (soft or region targets); may be undefined
  at::Tensor image{};    ///< [N, K, (D,) H, W] channels to be made; undefined where none are
};

struct Batch {
  Input input;
  Target target;
  std::vector<std::string> cases;     ///< one per sample
  std::vector<std::string> channels;  ///< names of the image's channels; empty: not told
  /// The samples that have a target, where only some do; empty: all, or none where there is none.
  std::vector<int64_t> labelled;
  /// Per sample, what the losses of its labels are multiplied by; empty: 1.
  std::vector<double> weights;
};

using Draw = std::map<std::string, Batch>;  ///< one batch per stream

}  // namespace kdseg::tensor
