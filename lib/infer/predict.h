// From volumes to probabilities: preparation, tiling, ensemble, restoration to the source grid.
#pragma once
#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "base/volume.h"
#include "infer/lay.h"
#include "io/prediction_file.h"
#include "models/network.h"

namespace kdseg::infer {

struct PredictOptions {
  at::Device device = at::kCPU;
  std::string precision = "fp32";
  double memory_limit_gib = 0;  ///< 0: none; else a whole volume that needs more is refused
  bool keep_probability = false;
  WindowWeights weights = WindowWeights::gaussian;
  bool minimum_outside = false;  ///< of probabilities(): see Pass; predict() asks each recipe
  at::Tensor present;  ///< of probabilities(): [1, C], 1 where a channel is given; undefined: all
  /// Of predict(): channels that networks may use, for networks that take subsets; empty: all that
  /// a volume has.
  std::vector<std::string> available;
  std::vector<std::string> model_names;  ///< file names of the models, for messages
};

/// Logits [N, K, spatial...] float32 of one forward pass; dropout as `input` says.
at::Tensor logits_of(models::Network& network, const tensor::Input& input, at::ScalarType compute);

/// Softmax or sigmoid by head; an image head's channels as they are.
at::Tensor probabilities_from(const at::Tensor& logits, const Head& head);

/// Both together.
at::Tensor probabilities_of(models::Network& network, const Head& head, const tensor::Input& input,
                            at::ScalarType compute);

/// Probabilities [N, K, D, H, W] float32 of one network on a prepared input [N, C, D, H, W]
/// with dropout off, laid over the volume as `tiling` says (see lay()). The result lies on the
/// input's device and has no gradient.
/// \throws UsageError  a window without a size, or a kind of tiling this program does not know
/// \throws RunError    the whole volume needs more than the memory limit
at::Tensor probabilities(models::Network& network, const Head& head, const Tiling& tiling,
                         const at::Tensor& image, const PredictOptions& options);

/// Class indices [N, D, H, W] int64 decoded from probabilities [N, K, D, H, W]. softmax: argmax.
/// sigmoid: a region counts where its probability is above 0.5, strictly; smaller regions overrule
/// larger ones, the likelier overrules among equally large ones. A voxel of a region gets the class
/// that none of the smaller regions within it has (TC without ET is NCR); 0 outside all regions.
at::Tensor decode(const at::Tensor& probability, const Head& head);

/// Class names and codes of a head; a sigmoid head names regions, so classes take the names of
/// `known` where its codes are the head's, else "code N".
ClassTable classes_of(const Head& head, const ClassTable& known);

/// \throws DataError  the network makes channels; `name` is its file
void require_segmentation(const Contract& contract, const std::string& name);

/// The mean of several models' probabilities for one source or prepared volume, restored to the
/// grid of that volume and decoded there. Each model prepares the source volume by its own recipe;
/// a prepared volume is taken as it is, by models of the same recipe only. Voxels that a recipe
/// cuts away count as background for certain.
/// \throws DataError  a model's channels or recipe do not fit the volume (which, expected, found);
///                    models that give different classes, or make channels
/// \throws RunError   probabilities that are not finite
/// \throws Stopped    a signal or deadline between two models
io::Prediction predict(const std::vector<models::Model>& models, const Volume& volume,
                       const PredictOptions& options);

/// The volume with the channels that networks with an image head make out of its own: the mean over
/// the networks, restored to the volume's grid, 0 where a recipe cuts away. Intensities are those
/// of the prepared input. Errors as predict(), and where the volume has a channel of that name.
Volume synthesize(const std::vector<models::Model>& models, const Volume& volume,
                  const PredictOptions& options);

}  // namespace kdseg::infer
