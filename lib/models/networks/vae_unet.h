// A residual U-Net whose encoder also has to restore its images from few numbers.
#pragma once
#include <memory>
#include <vector>

#include "models/network.h"

namespace kdseg::models {

struct NetworkRow;

struct VaeUNetOptions {
  int64_t in_channels = 4, classes = 3;
  int64_t dimensions = 3;
  int64_t width = 32;    ///< f: channels of the first level, doubled at each of three; 8, 16, ...
  double dropout = 0.2;  ///< probability of a whole channel of the first map, [0, 1)
  std::vector<int64_t> image_size{128, 128, 128};  ///< x, y, z of what the branch restores
  int64_t latents = 128;                           ///< numbers of the Gaussian
  bool shared_decoder = false;  ///< the segmentation's decoder restores images, too (MONAI)
  double fixed_deviation = 0;   ///< of the Gaussian; 0: estimated
  bool plain = false;           ///< LibTorch's own kernels throughout
};

/// Four levels of one, two, two and four residual blocks (group norm of 8 groups, ReLU, convolution
/// with three taps along every axis, twice, plus the input), strided convolutions on the way down;
/// on the way up a convolution with one tap, linear upsampling on half-pixel centers, the encoder's
/// map added, one block; group norm, ReLU and a convolution with one tap give raw logits.
///
/// Extras, of images of `image_size` alone: latent [N, 2, latents], means and log variances of a
/// Gaussian for each image; reconstruction [N, in_channels, (D,) H, W], decoded from a sample of
/// it where Input::noise is set and from the means elsewhere. The branch runs only for them.
/// Source: Myronenko 2018, arXiv:1810.11654; the shared decoder and the fixed deviation as in
/// MONAI's SegResNetVAE, which with 256 latents and an estimated one has the same parameters.
/// Differs from the paper: group norm and ReLU before the last convolutions, as in public code.
/// Differs from MONAI: with a fixed deviation there is no layer that would estimate it.
/// \throws UsageError  an image size that is no multiple of 16, a width that is none of 8
std::shared_ptr<Network> make_vae_unet(const VaeUNetOptions& options);

NetworkRow vae_unet_row();

}  // namespace kdseg::models
