// How well a network's image decoders restore its images.
#pragma once
#include <ATen/core/Tensor.h>

namespace kdseg::losses {

struct TermRow;

/// Mean of the squared differences over samples, images and voxels.
///
/// \param reconstruction, image  [N, M, ...], equal shapes; half types are widened to float32
/// \return            scalar, >= 0, float32 (float64 for float64)
/// \throws DataError  shapes differ (both stated)
/// Source: Dorent et al. 2019, arXiv:1907.11150.
at::Tensor reconstruction_loss(const at::Tensor& reconstruction, const at::Tensor& image);

/// The term `reconstruction`: the extra of that name against the input's images, withheld or not.
TermRow reconstruction_row();

}  // namespace kdseg::losses
