// The scores of one case: from its files to one value per region and score.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "metrics/curves.h"
#include "metrics/uncertainty.h"
#include "scoring/label_map.h"
#include "scoring/pairs.h"
#include "scoring/regions.h"
#include "scoring/scores.h"

namespace kdseg::scoring {

/// How cases are scored; equal for all cases of a run.
struct Rules {
  std::vector<const ScoreRow*> scores;
  metrics::EmptyRule empty = metrics::EmptyRule::brats;
  metrics::PercentileRule percentile_rule = metrics::PercentileRule::directed;
  std::optional<double> penalty_mm;  ///< nothing: as the rule for empty masks says
  bool diagonal_penalty = false;     ///< the image diagonal, whatever the rule says
  bool brain_domain = false;         ///< true negatives are counted inside the brain mask
  bool ignore_geometry = false;      ///< only the sizes must agree
  bool nan_is_zero = false;          ///< NaN voxels of label maps are background
  bool probability_required = false;
  CountedOn grid = CountedOn::scan;

  bool uncertainty = false;           ///< curves are computed where there are maps
  bool uncertainty_required = false;  ///< somebody asked for them: a case without is an error
  std::vector<double> uncertainty_thresholds;
  metrics::UncertaintyForm uncertainty_form = metrics::UncertaintyForm::three_term;

  bool needs(Needs what) const;
};

struct Value {
  double value = 0;
  metrics::Status status = metrics::Status::normal;
};

struct RegionScores {
  std::vector<Value> values;  ///< one per row of Rules::scores; dice_best is filled in later
  /// Counts at each of metrics::default_thresholds() and the whole histogram; empty without
  /// probabilities.
  std::vector<metrics::Overlap> at_thresholds;
  std::optional<metrics::ProbabilityCounts> probability;
  /// At each of Rules::uncertainty_thresholds; empty without a map for the region.
  std::vector<metrics::FilteredPoint> curve;
};

struct CaseScores {
  std::string id, prediction, reference;  ///< base names of the files
  bool missing = false;                   ///< no prediction: scored as empty
  bool has_probability = false;
  bool lacks_brain = false;  ///< there are uncertainties but no brain to count them in
  double penalty_mm = 0;
  std::vector<RegionScores> regions;  ///< in the order of the region set
};

/// The value of `row` for counted voxels, by the rule for empty masks where a mask is empty.
Value score(const ScoreRow& row, const RegionMeasures& evidence, const Rules& rules,
            double penalty_mm);

/// Predictions, masks and maps are laid over the reference by position: swaps and flips of axes are
/// undone.
/// \throws DataError  unreadable files, voxel centers more than a tenth of a voxel apart, labels
/// that the
///                    regions do not know, files that name other regions, probabilities or a brain
///                    mask that are missing; uncertainties outside 0..100 or on another grid; the
///                    message names the case, and the region where it is about one
CaseScores score_case(const Pair& pair, const RegionSet& regions, const Rules& rules);

}  // namespace kdseg::scoring
