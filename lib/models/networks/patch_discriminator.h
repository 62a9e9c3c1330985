// Discriminators that judge a segmentation patch by patch: HAD-Net's hierarchical one, which also
// sees feature maps of several resolutions, and AD-Net's, which sees the segmentation alone.
#pragma once
#include <memory>

#include "models/catalog.h"

namespace kdseg::models {

struct PatchDiscriminatorOptions {
  int64_t image_channels = 3;  ///< of the student's images
  int64_t classes = 4;
  int64_t dimensions = 3;   ///< 2: the same network of slices
  int64_t width = 32;       ///< k: base width of the segmentation networks and of this one
  bool maps = true;         ///< hierarchical: also judge feature maps of three resolutions
  bool softmax = false;     ///< judge class probabilities instead of raw logits
  bool with_images = true;  ///< condition on the student's images
  bool plain = false;       ///< LibTorch's own kernels throughout
};

/// Five convolutions with four taps along every axis; the first sees segmentation and images, the
/// next three each the map before and, with `maps`, the encoder map and the upsampled deeper map of
/// their resolution (d2 u3, d3 u4, d4 c5). Without `maps` it is AD-Net's, of which the paper says
/// that it sees only the final segmentation: of equal output widths at equal k, of half of them at
/// k / 2. Inputs have sides that are multiples of 16, at least 32; 48 cubed gives 2x2x2 scores.
/// Source: Vadacchino et al. 2021, arXiv:2103.16617, and the authors' code.
std::shared_ptr<Discriminator> make_patch_discriminator(const PatchDiscriminatorOptions& options);

}  // namespace kdseg::models
