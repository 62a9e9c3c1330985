// U-HVED: a variational encoder-decoder that takes any subset of its images and fuses them as a
// product of Gaussians.
#pragma once
#include <memory>

#include "models/functions/linear.h"
#include "models/network.h"

namespace kdseg::models {

struct NetworkRow;

struct UHvedOptions {
  int64_t images = 4, classes = 4;
  int64_t dimensions = 3;  ///< 2: the same network of slices
  int64_t width = 8;       ///< b: channels of the first convolution, even
  LinearGrid grid = LinearGrid::tf_legacy;
  bool sample_at_test = false;  ///< segment from a random latent where there is no noise, too
  bool plain = false;           ///< LibTorch's own kernels throughout
};

/// One encoder per image, whose maps are means and log variances of a Gaussian at four levels; the
/// product of the given ones and a standard normal; one decoder for the logits and one per image.
/// Latents are sampled where Input::noise is set and are means elsewhere. With `sample_at_test` the
/// logits without noise come from samples of a fixed stream, the reconstruction from means.
///
/// Extras: posterior-0 .. posterior-3 [N, images, 2 C, d, h, w], each image's means and unclipped
/// log variances, withheld or not; fused-0 .. fused-3, the latents; reconstruction
/// [N, images, D, H, W]. Encoders of withheld images run only for posteriors, decoders of images
/// only for the reconstruction.
/// Differs from the paper: latents at test time are means by default; the authors' code samples.
/// Source: Dorent et al. 2019, arXiv:1907.11150, and the authors' code.
/// \throws UsageError  an odd width
std::shared_ptr<Network> make_u_hved(const UHvedOptions& options);

NetworkRow u_hved_row();

}  // namespace kdseg::models
