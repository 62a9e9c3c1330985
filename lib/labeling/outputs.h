// Where predictions go, and which of them an interrupted run already made.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "intake/journal.h"
#include "io/prediction_file.h"
#include "labeling/settings.h"

namespace kdseg::labeling {

/// UsageError when the ways of naming outputs contradict each other or the inputs.
void check_output_options(const LabelSettings& settings);

class Outputs {
 public:
  /// `model_ids` are the content ids of the checkpoints.
  Outputs(const LabelSettings& settings, const LabelRun& run, std::vector<std::string> model_ids);

  /// Decides for every case before any work: keep what an interrupted run of the same checkpoints,
  /// inputs and settings finished, write the rest. Makes the folder.
  /// \throws UsageError  an output exists that is none of these, and not --force
  void plan(const std::vector<intake::ListedCase>& cases);
  bool finished(size_t i) const { return finished_[i]; }
  int64_t kept() const;

  /// \return the id to print: content_sha256 of an HDF5 file, SHA-256 of any other
  std::string write(size_t i, const intake::ListedCase& listed, const io::Prediction& prediction,
                    const Provenance& provenance);
  /// Once everything is written: lists the predictions in `predictions.csv` of an output folder, so
  /// that a workflow sees whether the folder is complete.
  /// \return one id for all predictions together
  std::string finish();

 private:
  struct Target {
    std::string id, label, probability;  ///< probability: empty where it is part of label
  };
  Target target_of(const intake::ListedCase& listed) const;
  std::string key_of(const intake::ListedCase& listed) const;
  std::string identity_of(const Target& target) const;

  const LabelSettings& s_;
  const LabelRun& run_;
  std::vector<std::string> model_ids_;
  std::vector<Target> targets_;
  std::vector<bool> finished_;
  std::vector<std::string> identities_;
  std::optional<intake::Journal> journal_;
};

}  // namespace kdseg::labeling
