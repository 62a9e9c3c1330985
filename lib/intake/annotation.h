// Labels and soft labels that a network or another program made, on the grid of a case's scan.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "intake/intake.h"

namespace kdseg::intake {

/// Whether a file of labels is a prediction of ours rather than a scan.
bool is_prediction(const std::string& file);

struct Annotation {
  std::optional<Labels> label;
  std::optional<Shares> share;
  ClassTable classes;
  std::vector<Region> regions;
  /// `label`, `share`: laid over the scan although its header says another place, on request.
  std::vector<std::string> overlaid = {};
};

/// What `files.label` and `files.share` hold: class indices and shares of the classes of `meaning`,
/// or of the prediction where that is null, on the grid `scan`: they are brought there by position,
/// as read_case_scans() does.
/// \throws UsageError  a 4D scan whose order nobody states (CaseFiles::share_order)
/// \throws DataError   unreadable files; another place than the scan's (amounts stated); channels
///                     that are neither the classes nor regions, another number of them, shares
///                     outside 0..1 or that do not sum to 1 (amount and voxel stated); a prediction
///                     of other classes, or without probabilities
Annotation read_annotation(const CaseFiles& files, const LabelMeaning* meaning, const Grid& scan,
                           std::vector<std::string>& notes);

/// Puts labels on the scan's grid into a volume that came from it.
void attach(Volume& volume, Annotation annotation);

}  // namespace kdseg::intake
