// Where predictions go, and which of them an interrupted run already made.
#pragma once
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "intake/journal.h"
#include "io/prediction_file.h"
#include "labeling/settings.h"

namespace kdseg::labeling {

/// What becomes of a case: a prediction, or the volume with further channels or labels.
using Made = std::variant<io::Prediction, Volume>;

/// UsageError when the ways of naming outputs contradict each other or the inputs. `maps`:
/// predictions have maps of several channels, which not every format of scans can hold.
void check_output_options(const LabelSettings& settings, bool maps);

/// What predictions are made by.
struct Maker {
  std::string program;                 ///< names the journal
  std::vector<std::string> model_ids;  ///< content ids of the checkpoints
  std::string settings;                ///< what else predictions depend on beyond LabelSettings
  std::vector<std::string> maps;       ///< "uncertainty" or names of Prediction::maps
};

class Outputs {
 public:
  Outputs(const LabelSettings& settings, const RunContext& run, Maker maker);

  /// Decides for every case before any work: keep what an interrupted run of the same checkpoints,
  /// inputs and settings finished (and whose content is what it was), write the rest. Claims the
  /// files or the folder; see Claims.
  /// \throws UsageError  an output exists that is none of these, and not --force
  /// \throws RunError    another call writes there
  void plan(const std::vector<intake::ListedCase>& cases);
  bool finished(size_t i) const { return finished_[i]; }
  int64_t kept() const;
  const std::string& file(size_t i) const { return targets_[i].label; }  ///< of the label

  /// Stands for everything the case's prediction depends on.
  std::string key_of(const intake::ListedCase& listed) const;

  /// \return the id to print: content_sha256 of an HDF5 file, SHA-256 of any other
  std::string write(size_t i, const intake::ListedCase& listed, const Made& made,
                    const Provenance& provenance);
  /// Once everything is written: lists the predictions in `predictions.csv` of an output folder, so
  /// that a workflow sees whether the folder is complete; or volumes in the sheet `cases.tsv`,
  /// which the next program reads. \return one id for all files together
  std::string finish();
  std::string finish(const cohort::Sheet& volumes);

 private:
  struct Target {
    std::string id, label;
    /// Kind of map and its file; empty where maps are part of the label's file.
    std::vector<std::pair<std::string, std::string>> maps;
    std::vector<std::string> files() const;
  };
  std::string close();
  void claim(const intake::ListedCase& first);
  /// Whether an interrupted run made case `i` from the same inputs, and it is whole.
  bool made_before(size_t i, const intake::ListedCase& listed);
  Target target_of(const intake::ListedCase& listed) const;
  std::string identity_of(const Target& target) const;

  const LabelSettings& s_;
  const RunContext& run_;
  Maker maker_;
  std::vector<Target> targets_;
  std::vector<bool> finished_;
  bool may_replace_ = false;  ///< by force, or as unfinished work of the same command
  std::vector<std::string> identities_;
  std::optional<intake::Journal> journal_;
};

}  // namespace kdseg::labeling
