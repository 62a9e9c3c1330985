// What a program that predicts cases needs to know.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/run_context.h"
#include "base/run_settings.h"
#include "intake/case_list.h"

namespace kdseg::labeling {

struct LabelSettings {
  std::vector<std::string> models;        ///< checkpoints; probabilities are averaged
  std::string network;                    ///< candidate or network of each; empty: its default
  intake::CaseListSettings from;          ///< explicit scans, a sheet, or a data set's folder
  std::string input;                      ///< one stored volume instead
  std::string output;                     ///< .h5, or a scan's format; for one case
  std::string output_dir;                 ///< <case>.h5 or <case>.nii.gz; for many
  bool nifti = false;                     ///< <case>.nii.gz in output_dir
  bool probability = false;               ///< keep probabilities
  std::string annotate = "none";          ///< hard or soft: volumes with the predictions as labels
  std::vector<std::string> channels;      ///< "t1ce=T1C": the input's name of a network's channel
  std::vector<std::string> available;     ///< channels to use; empty: all that are given
  std::vector<int64_t> window;            ///< x y z voxels; empty: as the checkpoint says
  double overlap = 0.5;                   ///< of windows, fraction
  std::string weights = "gaussian";       ///< gaussian, plain or center
  std::vector<std::string> mirror;        ///< axes: x y z
  std::vector<std::string> least_region;  ///< "ET=33:NCR"
  double least_component = 0;             ///< fraction of the foreground
  TensorSettings tensor;
};

/// Sampling with dropout on, what mcdropout adds.
struct SamplingSettings {
  int64_t samples = 100;                  ///< passes with dropout per case
  int64_t at_once = 0;                    ///< of them in one pass; 0: as many as fit
  std::string entropy = "region-binary";  ///< or multiclass
  std::string normalize = "theory";       ///< or minmax-case, minmax-set
  std::string label_from = "mean";        ///< or deterministic
  std::vector<std::string> maps;          ///< class-entropy, mutual-information
};

}  // namespace kdseg::labeling
