// One set of maps from those of several images, of which any may be missing.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace kdseg::models {

/// Which images of which samples are given (tensor::Input::present).
class Availability {
 public:
  /// `present` [samples, images], 1 where given; undefined: all. `network` names it in messages.
  /// \throws DataError  another shape, or a sample without any image
  Availability(const at::Tensor& present, int64_t samples, int64_t images,
               const std::string& network);

  bool all(int64_t image) const { return count_of_image(image) == samples_; }
  bool none(int64_t image) const { return count_of_image(image) == 0; }
  /// Images that are given, [samples, 1, ...] of as many axes as `like`.
  at::Tensor counts(const at::Tensor& like) const;
  /// x [samples, ...] of an image, 0 for samples that lack it, whatever x holds there.
  at::Tensor only_given(const at::Tensor& x, int64_t image) const;

 private:
  int64_t count_of_image(int64_t image) const;
  int64_t samples_, images_;
  std::vector<bool> given_;  ///< [samples][images]
};

/// maps[i] [N, C, ...] is what an encoder made of image i; undefined where no sample has it.
using ImageMaps = std::vector<at::Tensor>;

/// Mean and variance over the given images, voxel by voxel, concatenated along the channels (mean
/// first): [N, 2 C, ...], at least float32. `unbiased` divides the variance by one less than their
/// number. One image alone has variance 0.
/// Source: Havaei et al. 2016, arXiv:1607.05194.
at::Tensor mean_and_variance(const ImageMaps& maps, const Availability& given, bool unbiased);

struct Gaussian {
  at::Tensor mean, log_variance;  ///< [N, C, ...]
};

/// Product of the given images' Gaussians (maps [N, 2 C, ...]: means, then logarithms of variances,
/// which are clipped to [-50, 50]) and a standard normal; at least float32.
/// Source: Dorent et al. 2019, arXiv:1907.11150, and the authors' code.
Gaussian product_of_gaussians(const ImageMaps& maps, const Availability& given);

}  // namespace kdseg::models
