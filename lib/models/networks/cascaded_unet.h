// Three U-Nets from coarse to fine, each with an encoder per image.
#pragma once
#include <memory>

#include "models/network.h"

namespace kdseg::models {

struct NetworkRow;

struct CascadedUNetOptions {
  int64_t in_channels = 4, classes = 3;
  int64_t dimensions = 3;
  int64_t width = 4;     ///< N of the finest net; twice and four times that of the coarser ones
  double dropout = 0.1;  ///< probability of a single value behind a strided convolution, [0, 1)
  bool softmax = false;  ///< of the coarse probabilities; else a sigmoid each
  bool plain = false;    ///< LibTorch's own kernels throughout
};

/// Nets at a quarter, a half and the full size of the image, which is averaged over blocks. Each
/// has four encoder levels of grouped convolutions, a group per image: residual blocks (instance
/// norm, ReLU, convolution with three taps along every axis, twice, plus the input), strided
/// convolutions and dropout on the way down. The largest value over the images goes on to the
/// decoder: transposed convolutions, concatenation with the encoder's level and with what coarser
/// nets think of this size (probabilities, with their gradients), a convolution with one tap, a
/// residual block. Raw logits of the full size; extras: half, quarter, those of the coarser nets.
/// Images that are not present are left out of the largest value.
/// Source: Lachinov et al. 2018, arXiv:1810.04008, and the authors' code.
/// Differs from the paper: epsilon 1e-5 in norms; a sigmoid per region, or softmax, by the head.
std::shared_ptr<Network> make_cascaded_unet(const CascadedUNetOptions& options);

NetworkRow cascaded_unet_row();

}  // namespace kdseg::models
