// From volumes to probabilities: preparation, tiling, ensemble, restoration to the source grid.
#pragma once
#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "base/volume.h"
#include "io/prediction_file.h"
#include "models/network.h"

namespace kdseg::infer {

struct PredictOptions {
  at::Device device = at::kCPU;
  std::string precision = "fp32";
  double memory_limit_gib = 0;
  bool keep_probability = false;
};

/// Probabilities [N, K, D, H, W] float32 of one network on a prepared input (softmax or sigmoid by
/// head), dropout off, laid over the volume as `tiling` says (whole: padded to the size multiple).
at::Tensor probabilities(models::Network& network, const Head& head, const Tiling& tiling,
                         const at::Tensor& image, const PredictOptions& options);

/// Class indices [N, D, H, W] decoded from probabilities (argmax, or regions by threshold 0.5).
at::Tensor decode(const at::Tensor& probability, const Head& head);

/// The mean of several models' probabilities for one source or prepared volume, restored to the
/// grid of the source volume and decoded there.
/// \throws DataError  a model's channels or recipe do not fit the volume (which, expected, found)
io::Prediction predict(const std::vector<models::Model>& models, const Volume& volume,
                       const PredictOptions& options);

}  // namespace kdseg::infer
