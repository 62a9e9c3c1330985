// The 70x70 PatchGAN: judges images, patch by patch.
#pragma once
#include <memory>

#include "models/catalog.h"

namespace kdseg::models {

struct PatchGanOptions {
  int64_t channels = 1;  ///< of what is judged, Output::logits
  int64_t dimensions = 2;
  int64_t width = 64;   ///< channels of the first convolution
  bool affine = true;   ///< norms scale and shift and convolutions have no bias; else the reverse
  int64_t padding = 2;  ///< of every convolution
  bool plain = false;   ///< LibTorch's own kernels throughout
};

/// Five convolutions with four taps along every axis, three of them strided, instance norm but
/// after the first and last, LeakyReLU 0.2; raw scores [N, 1, ...] of patches of 70 pixels. Sees
/// Output::logits alone.
/// The defaults are those of Chen et al. 2019, arXiv:1901.08211 (SIFA), and its code; without
/// `affine` and with padding 1 it is CycleGAN's, Zhu et al. 2017, arXiv:1703.10593, and its code.
std::shared_ptr<Discriminator> make_patch_gan(const PatchGanOptions& options);

DiscriminatorRow patch_gan_row();

}  // namespace kdseg::models
