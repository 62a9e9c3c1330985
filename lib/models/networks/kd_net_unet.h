// The U-Net of KD-Net: teacher, student and baseline differ only in their input channels.
#pragma once
#include <memory>

#include "models/network.h"

namespace kdseg::models {

struct NetworkRow;

struct KdNetUNetOptions {
  int64_t in_channels = 4, classes = 4;
  int64_t dimensions = 3;        ///< 2: the same network of slices
  int64_t width = 30;            ///< f: channels of the first level, doubled at each of the four
  int64_t cap = 0;               ///< most channels of a level; 0: no limit
  bool skips = true;             ///< concatenate the encoder's map at each of four resolutions
  bool reduce_before_up = true;  ///< halve channels before each upsampling, else after it
  bool affine = true;            ///< scale and shift after each norm
  bool bias = true;              ///< of the convolutions before norms
  bool skip_first = false;       ///< in concatenations, the upsampled map behind
  bool plain = false;            ///< LibTorch's own kernels throughout
};

/// Five levels of two convolutions with three taps along every axis, instance norm and LeakyReLU
/// 0.01 each, max pooling, linear upsampling on half-pixel centers, no dropout; raw logits. Without
/// skip connections the decoder's first convolutions take only the upsampled map. Extra: c5, the
/// deepest map after its last LeakyReLU and before upsampling. Source: Hu et al. 2020,
/// arXiv:2106.09564, which names the layers, and the first public version of nnU-Net (Isensee et
/// al. 2018, arXiv:1809.10483) for what it leaves open.
std::shared_ptr<Network> make_kd_net_unet(const KdNetUNetOptions& options);

NetworkRow kd_net_unet_row();
/// No New-Net itself: without these biases, which the norms take away again.
NetworkRow no_new_net_row();

}  // namespace kdseg::models
