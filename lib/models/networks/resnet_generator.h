// Networks that make an image of one modality out of one of another.
#pragma once
#include <memory>

#include "models/network.h"

namespace kdseg::models {

struct NetworkRow;

struct ResNetGeneratorOptions {
  int64_t in_channels = 1, out_channels = 1;
  int64_t dimensions = 2;
  int64_t width = 32;       ///< channels of the first convolution, doubled twice
  int64_t blocks = 9;       ///< residual blocks at a quarter of the resolution
  bool reflection = false;  ///< of the outermost and the residual convolutions; else zeros
  bool affine = true;       ///< scale and shift after each norm
  bool rectify_sum = true;  ///< ReLU after each residual sum
  bool add_input = true;    ///< to what the last convolution gives, before tanh
  bool plain = false;       ///< LibTorch's own kernels throughout
};

/// Seven taps, two strided convolutions, residual blocks, two transposed ones, seven taps; instance
/// norm and ReLU but after the last; tanh. The output, Output::logits, lies in [-1, 1].
/// The defaults are those of Chen et al. 2019, arXiv:1901.08211 (SIFA), and its code; without
/// `affine`, `rectify_sum`, `add_input` and with `reflection` and width 64 it is CycleGAN's, Zhu et
/// al. 2017, arXiv:1703.10593, and its code.
/// Differs from SIFA's code: strided convolutions are padded alike on both sides.
/// \throws UsageError  `add_input` with another number of channels made than given
std::shared_ptr<Network> make_resnet_generator(const ResNetGeneratorOptions& options);

NetworkRow resnet_generator_row();

}  // namespace kdseg::models
