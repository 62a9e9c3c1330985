// Scoring a set of cases: regions, scores, pooled curves, summaries and comparisons.
#pragma once
#include <string>
#include <vector>

#include "scoring/comparison.h"
#include "scoring/ranking.h"
#include "scoring/score_case.h"
#include "scoring/score_table.h"

namespace kdseg::scoring {

/// What a user asks for, in the words of the command line.
struct Request {
  Sources sources;
  std::vector<std::string> regions, metrics;  ///< empty: of the files; the usual ones
  std::string hd95 = "directed", empty = "brats", hd_penalty = "convention", domain = "image";
  std::string grid = "scan";  ///< or stored: see CountedOn
  bool ignore_geometry = false, smooth_dice = false;
  std::string nan = "refuse";  ///< or zero: NaN voxels of label maps are background
  bool verify = false;         ///< compare files' content with the SHA-256 stored in them first

  std::string table;                   ///< finished scores in place of `sources`
  int64_t unc_points = 40;             ///< steps between the thresholds 0 and 100
  std::vector<double> unc_thresholds;  ///< in their place
  std::string qu_score = "three-term";
  bool wants_cases = false, wants_curves = false;  ///< which files will be written

  int64_t ddof = 1, bootstrap = 10000;
  uint64_t seed = 0;
  std::string inf_as = "inf";  ///< a number in place of infinite values
  std::vector<std::string> against;
  std::string pairing = "equal", zeros = "drop", rank = "off";
  bool wants_comparison = false;
};

/// A value that belongs to all cases together.
struct PooledRow {
  std::string region, metric;  ///< ap (voxels of all cases as one), dice_best (mean over cases)
  double value = 0;
  double threshold = 0;  ///< of dice_best; NaN otherwise
};

struct Evaluation {
  Request request;
  Rules rules;
  RegionSet regions;
  std::vector<CaseScores> cases;  ///< by id; empty where finished scores were given
  std::vector<PooledRow> pooled;
  std::vector<bool> uncertain;  ///< by region: every case has a map for it
  ScoreTable scores;
  metrics::Aggregation aggregation;
  std::vector<SummaryRow> summaries;
  std::vector<ComparisonRow> comparisons;
  std::vector<RankedRun> ranking;  ///< this run first; empty unless asked for

  /// Whether a score is given for a region: those of uncertainties need maps.
  bool has(size_t region, size_t score) const;
};

/// Scores every case, in parallel over cases, or takes finished scores; sums them up and compares
/// them with other runs. The result does not depend on `threads`.
/// \throws UsageError  settings that are unknown or do not go together
/// \throws DataError   as pair_up, score_case, score_table and compare; a case has no uncertainties
///                     though they were asked for
Evaluation evaluate(const Request& request, int threads);

}  // namespace kdseg::scoring
