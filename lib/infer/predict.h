// From volumes to predictions: preparation, windows, mean of members, restoration.
#pragma once
#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "base/volume.h"
#include "infer/decode.h"
#include "infer/member.h"
#include "infer/postprocess.h"
#include "infer/sliding_window.h"
#include "io/prediction_file.h"
#include "models/network.h"

namespace kdseg::infer {

struct PredictOptions {
  at::Device device = at::kCPU;
  std::string precision = "fp32";
  double memory_limit_gib = 0;  ///< 0: none; else a pass that needs more is refused
  bool keep_probability = false;
  WindowWeights weights = WindowWeights::gaussian;
  /// Axes (0 x, 1 y, 2 z) along which the input is mirrored as well: the mean over all
  /// combinations, 2^n passes of each network. Source: Lachinov et al. 2018 (x and y at test time).
  std::vector<int64_t> mirror;
  Postprocessing postprocessing;  ///< of predict(): of labels; probabilities stay as they are
  bool minimum_outside = false;   ///< of probabilities(): see Pass; predict() asks each recipe
  at::Tensor present;  ///< of probabilities(): [1, C], 1 where a channel is given; undefined: all
  /// Of predict(): channels that networks may use, for networks that take subsets; empty: all that
  /// a volume has.
  std::vector<std::string> available;
};

/// Logits [N, K, spatial...] float32 of one forward pass; dropout as `input` says.
at::Tensor logits_of(models::Network& network, const tensor::Input& input, at::ScalarType compute);

/// logits_of() and probabilities_from() together.
at::Tensor probabilities_of(models::Network& network, const Head& head, const tensor::Input& input,
                            at::ScalarType compute);

/// Probabilities [N, K, D, H, W] float32 of one network on a prepared input [N, C, D, H, W]
/// with dropout off, laid over the volume as `tiling` says (see sliding_window()), mirrored as
/// `options` say. The result lies on the input's device and has no gradient.
/// \throws UsageError  as check_tiling()
/// \throws RunError    one pass needs more than the memory limit
at::Tensor probabilities(models::Network& network, const Head& head, const Tiling& tiling,
                         const at::Tensor& image, const PredictOptions& options);

/// A prediction with everything but label and maps.
io::Prediction empty_prediction(const Contract& contract, const Volume& volume);

/// The mean of the members' probabilities for one source or prepared volume, restored to the grid
/// of that volume and decoded there. Each member prepares the source volume by its own recipe; a
/// prepared volume is taken as it is, by members of the same recipe only. Voxels that a recipe cuts
/// away count as background for certain.
/// \throws DataError  a member's channels or recipe do not fit the volume (which, expected, found);
///                    members that give different classes, or make channels
/// \throws RunError   probabilities that are not finite
/// \throws Stopped    a signal or deadline between two members
io::Prediction predict(const std::vector<Member>& members, const Volume& volume,
                       const PredictOptions& options);

/// The volume with the channels that networks with an image head make out of its own: the mean over
/// the members, restored to the volume's grid, 0 where a recipe cuts away. Intensities are those
/// of the prepared input. Errors as predict(), and where the volume has a channel of that name.
Volume synthesize(const std::vector<Member>& members, const Volume& volume,
                  const PredictOptions& options);

}  // namespace kdseg::infer
