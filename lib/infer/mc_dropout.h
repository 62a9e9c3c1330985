// Monte Carlo dropout: mean probabilities and uncertainties over passes with dropout on.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/volume.h"
#include "infer/predict.h"
#include "infer/uncertainty.h"
#include "io/prediction_file.h"
#include "models/network.h"

namespace kdseg::infer {

struct SampleOptions {
  int64_t samples = 100;  ///< T, passes with dropout
  uint64_t seed = 0;
  int64_t at_once =
      0;  ///< samples per pass; 0: one on the CPU; on a GPU 8, or as many as the memory limit lets
  Entropy entropy = Entropy::region_binary;
  bool deterministic_label = false;  ///< decode a pass without dropout instead of the mean
  bool class_entropy = false;        ///< further map "class-entropy"
  bool mutual_information = false;   ///< further map "mutual-information"
};

/// Names the masks of one sample of one case; tensor::Noise adds the site within the network. So a
/// sample is one thinned network, whatever runs beside it and in which order.
uint64_t sample_key(uint64_t seed, const std::string& case_id, int64_t sample);

/// What is averaged over the samples of one input, all on the grid of the input.
struct SampleMeans {
  at::Tensor probability;  ///< [1, K, D, H, W]
  at::Tensor entropy;      ///< [1, R, D, H, W], nats: mean of the samples' own entropies; if asked
  at::Tensor deterministic;  ///< [1, K, D, H, W] of the pass without dropout; if asked
};

/// Means over T passes with dropout for a prepared input [1, C, D, H, W]. Running sums: memory does
/// not grow with T. What lies before the network's first dropout is computed once. Under a tiling
/// each window is sampled by itself with the same T thinned networks, and the means are blended as
/// probabilities are; entropies of the mean belong to the blended mean.
/// `regions` lists the output channels that each region adds up.
/// \throws UsageError, RunError  as probabilities()
SampleMeans sample_means(models::Network& network, const Head& head, const Tiling& tiling,
                         const at::Tensor& image, const std::string& case_id,
                         const std::vector<std::vector<int64_t>>& regions,
                         const PredictOptions& options, const SampleOptions& sampling);

/// The mean prediction of the members for one volume, restored to its grid as by predict(), with
/// uncertainty 0..100 per region (100: a probability of one half, or equal ones of all classes).
/// Every member is sampled `samples` times and counts alike. Uncertainty is that of the stored
/// mean: 0 where a recipe cut voxels away. \throws DataError  a network without dropout, and as
/// predict(); UsageError: Entropy::multiclass
///                    for a network of independent regions; RunError, Stopped: as predict()
io::Prediction predict_with_dropout(const std::vector<Member>& members, const Volume& volume,
                                    const PredictOptions& options, const SampleOptions& sampling);

/// \throws DataError  the network has no dropout
void require_dropout(const Member& member);

}  // namespace kdseg::infer
