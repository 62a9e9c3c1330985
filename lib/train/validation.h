// Scores of a network on validation cases while it trains.
#pragma once
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/volume.h"
#include "data/case_store.h"
#include "infer/predict.h"
#include "methods/method.h"

namespace kdseg::train {

/// Voxel counts by (true class, predicted class), row-major K x K.
/// `truth` and `prediction` are class indices of equal shape, int64, on any device.
std::vector<int64_t> confusion(const at::Tensor& truth, const at::Tensor& prediction,
                               int64_t classes);

/// Smoothed Dice (2 |P and G| + 1) / (|P| + |G| + 1) of a union of classes; both empty give 1.
/// Source: official code of HAD-Net, Vadacchino et al. 2021.
double smoothed_dice(std::span<const int64_t> confusion, std::span<const int64_t> region);

/// Means over cases.
struct Scores {
  std::vector<std::pair<std::string, double>> parts;  ///< "dice-<region>", or "mae-<channel>"
  /// What is selected by: mean Dice over the regions; the negative mean error over the channels.
  double score = 0;
};

/// Scores whole volumes, dropout off. The networks' tiling says how they are laid over them. A
/// candidate of several members is scored by the mean of their probabilities, one that makes
/// channels by their mean absolute error over the voxels where the true channel is not 0.
class Validation {
 public:
  /// `made`: the channels that the network stands in for; empty: it segments.
  Validation(data::CaseStore& cases, const ClassTable& classes, const std::vector<Region>& regions,
             std::vector<std::string> made, infer::PredictOptions options);

  struct Result {
    std::map<std::string, Scores> of;  ///< by candidate
    std::optional<double> loss;        ///< none where volumes are laid out in parts
  };
  /// \return nullopt when a stop was requested before the last case
  std::optional<Result> run(methods::Method& method, const methods::StepInfo& info);

  bool possible() const { return cases_.size() > 0; }

 private:
  /// What every candidate says of a whole volume, as decode() takes it; and the loss.
  std::map<std::string, at::Tensor> predict(methods::Method& method,
                                            const std::vector<methods::Candidate>& candidates,
                                            const methods::StepInfo& info, const Volume& volume,
                                            std::optional<double>& loss);
  /// The case's parts of the score, in the order of `parts`.
  std::vector<double> parts_of(const Head& head, const Volume& volume, const at::Tensor& output);

  data::CaseStore& cases_;
  int64_t class_count_;
  std::vector<std::string> made_, names_;      ///< names_: of the score's parts
  std::vector<std::vector<int64_t>> regions_;  ///< class indices
  infer::PredictOptions options_;
};

}  // namespace kdseg::train
