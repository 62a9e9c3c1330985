// How far channels that a network makes are from the true ones.
#pragma once
#include <ATen/core/Tensor.h>

namespace kdseg::losses {

struct TermRow;

/// Mean of |made - image| over the voxels where `image` is not 0: outside of the head and of what a
/// scan covers there is nothing to be made. 0 where there is no such voxel.
///
/// \param made, image [N, K, ...], equal shapes; half types are widened to float32
/// \return            scalar, >= 0, float32 (float64 for float64)
/// \throws DataError  shapes differ (both stated)
/// Source: L1 on non-zero voxels is our reading of the synthesis experiment that Hu et al. 2020
/// (arXiv:2106.09564) report without details.
at::Tensor absolute_error(const at::Tensor& made, const at::Tensor& image);

/// The term `absolute-error`: the network's output against the channels it is to make.
TermRow absolute_error_row();

}  // namespace kdseg::losses
