// U-HeMIS: a U-Net that takes any subset of its images and fuses them by mean and variance.
#pragma once
#include <memory>

#include "models/functions/linear.h"
#include "models/network.h"

namespace kdseg::models {

struct NetworkRow;

struct UHemisOptions {
  int64_t images = 4, classes = 4;
  int64_t dimensions = 3;  ///< 2: the same network of slices
  int64_t width = 8;       ///< b: channels of the first convolution, even
  LinearGrid grid = LinearGrid::tf_legacy;
  bool unbiased = false;  ///< variance over one less than the number of images
  bool plain = false;     ///< LibTorch's own kernels throughout
};

/// One encoder per image, mean and variance over the given images at four levels, one decoder; raw
/// logits. Encoders of images that no sample has are not run. Extras fused-0 .. fused-3: the fused
/// maps, full resolution first.
/// Source: Havaei et al. 2016, arXiv:1607.05194, as compared against by Dorent et al. 2019,
/// arXiv:1907.11150, and the latter's code.
/// \throws UsageError  an odd width
std::shared_ptr<Network> make_u_hemis(const UHemisOptions& options);

NetworkRow u_hemis_row();

}  // namespace kdseg::models
