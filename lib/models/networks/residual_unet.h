// Residual U-Nets with pre-activated units and batch norm, for one domain of images or several.
#pragma once
#include <memory>

#include "models/network.h"

namespace kdseg::models {

struct NetworkRow;

struct ResidualUNetOptions {
  int64_t in_channels = 1, classes = 8;
  int64_t dimensions = 2;
  int64_t width = 16;  ///< channels of the first level, doubled at each of the four
  /// Domains with ends of their own (X-shape): all but the deepest encoder level and the decoder
  /// level above it, which they share. 1: an ordinary network, which ignores Input::domain.
  int64_t domains = 1;
  bool plain = false;  ///< LibTorch's own kernels throughout
};

/// Five levels of two residual units (batch norm, ReLU, convolution with three taps along every
/// axis, twice; plus the input, by a convolution with one tap where sizes differ), strided
/// convolutions on the way down, linear upsampling on half-pixel centers and concatenation on the
/// way up; batch norm, ReLU and a convolution with one tap give raw logits. Batch norms go by
/// Input::statistics.
/// Source: the baseline of Valindria et al. 2018, which Li et al. 2020 (AAAI, mutual knowledge
/// distillation) cite for it; sizes as in residual U-Nets after Ronneberger et al. 2015 and He et
/// al. 2016, arXiv:1603.05027, since the paper states none.
std::shared_ptr<Network> make_residual_unet(const ResidualUNetOptions& options);

NetworkRow residual_unet_row();

}  // namespace kdseg::models
