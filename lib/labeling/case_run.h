// What programs that predict many cases share: which cases, which networks, what is left to do.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "infer/predict.h"
#include "labeling/networks.h"
#include "labeling/outputs.h"
#include "labeling/settings.h"

namespace kdseg::labeling {

/// How a program turns a case into a prediction, or into a volume with further channels or labels.
struct Task {
  std::string program;            ///< its name: for the journal and the progress
  std::string settings;           ///< what predictions depend on beyond LabelSettings, as text
  std::vector<std::string> maps;  ///< of a prediction, written as scans of their own
  std::function<void(const Networks&)> check;  ///< throws when they do not fit
  std::function<Made(const std::vector<infer::Member>&, const Volume&,
                     const infer::PredictOptions&)>
      predict;
};

/// UsageError when options contradict each other. `maps`: see check_output_options().
void check_options(const LabelSettings& settings, bool maps);

/// Whether volumes are written rather than predictions.
bool makes_volumes(const LabelSettings& settings, const Networks& networks);

class CaseRun {
 public:
  /// Opens device and networks and lists the cases.
  /// \throws UsageError, DataError  as label_cases()
  CaseRun(const LabelSettings& settings, const RunContext& run, Task task);

  const Networks& networks() const { return networks_; }
  const std::vector<intake::ListedCase>& cases() const { return list_.cases; }
  const cohort::Sheet& sheet() const { return list_.sheet; }  ///< of these cases
  /// Where predictions of this run go; `extra` is added to what they depend on.
  Outputs outputs(const LabelSettings& where, const std::string& extra = {}) const;
  /// Predicts the cases that `outputs` has not finished. The next case is read while one is
  /// computed.
  void predict_all(Outputs& outputs) const;
  void report(const std::string& all) const;  ///< the line that ends a run
  Provenance provenance_of(const intake::ListedCase& listed) const;

 private:
  Volume load(const intake::ListedCase& listed) const;

  const LabelSettings& s_;
  const RunContext& run_;
  Task task_;
  at::Device device_;
  Networks networks_;
  intake::CaseList list_;
};

}  // namespace kdseg::labeling
