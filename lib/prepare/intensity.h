// Intensity normalization as HAD-Net's two published variants and KD-Net do it.
#pragma once
#include <cstdint>
#include <span>

namespace kdseg::prepare {

struct Statistics {
  double mean = 0, deviation = 0;  ///< population standard deviation (ddof 0)
  int64_t voxels = 0;
};

/// Over the voxels where `mask` is non-zero, in double precision, two passes.
Statistics masked_statistics(std::span<const float> values, std::span<const uint8_t> mask);

/// Z-score, upper clip at `clip_sigma`, then rescaled so that the smallest value of the whole crop
/// becomes 0 and the clip level 1. With a background of 0 this is
/// min(I, mu + c sigma) / (mu + c sigma).
/// Source: official code of HAD-Net (Vadacchino et al. 2021).
void clip_rescale(std::span<float> values, const Statistics& statistics, double clip_sigma);

/// (I - mu) / sigma everywhere. Source: HAD-Net paper, appendix C.
void z_score(std::span<float> values, const Statistics& statistics);

/// Over the voxels that are not 0.
Statistics nonzero_statistics(std::span<const float> values);

/// (I - mu) / max(sigma, 1e-8) where I is not 0; zeros stay. Source: KD-Net, Hu et al. 2020 (voxels
/// that are not 0); the lower limit of sigma is this project's.
void z_score_nonzero(std::span<float> values, const Statistics& statistics);

/// Fractions cut off as a cast to uint16 does, values kept within 0..65535.
void truncate_to_uint16(std::span<float> values);

/// Sets every voxel outside the mask to 0.
void zero_outside(std::span<float> values, std::span<const uint8_t> mask);

}  // namespace kdseg::prepare
