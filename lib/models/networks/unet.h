// The U-Net of HAD-Net: teacher, student and baseline differ only in their input channels.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "models/network.h"

namespace kdseg::models {

struct UNetOptions {
  int64_t in_channels = 4, classes = 4;
  int64_t dimensions = 3;  ///< 2: the same network of slices
  int64_t width = 32;      ///< k: channels of the first level, > 0
  double dropout = 0.2;    ///< probability of a whole channel, [0, 1)
  /// Dropout in the first block too when in_channels >= width (the official code's rule); else
  /// never there.
  bool first_dropout_by_channels = true;
  /// Names of the blocks with dropout (d1 d2 d3 d4 c5 u4 u3 u2 u1); empty: all. The rule above
  /// holds for d1 in any case.
  std::vector<std::string> dropout_blocks{};
  bool plain = false;  ///< LibTorch's own kernels throughout
};

/// Five levels, convolutions with three taps along every axis, instance norm, LeakyReLU 0.01,
/// channel dropout at the start of each block, nearest upsampling; raw logits. Parameters are named
/// as in the official code. Extras, all after LeakyReLU and before any dropout: d2 u3 (second
/// level), d3 u4, d4 c5. Source: Vadacchino et al. 2021, arXiv:2103.16617, appendix, and the
/// authors' code. \throws UsageError  a dropout block that does not exist
std::shared_ptr<Network> make_unet(const UNetOptions& options);

/// Dropout probability per block, d1 d2 d3 d4 c5 u4 u3 u2 u1.
std::vector<double> unet_dropout(const UNetOptions& options);

}  // namespace kdseg::models
