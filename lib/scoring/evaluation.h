// Scoring a set of cases: regions, scores, pooled curves and summaries.
#pragma once
#include <string>
#include <vector>

#include "metrics/aggregate.h"
#include "scoring/score_case.h"

namespace kdseg::scoring {

/// What a user asks for, in the words of the command line.
struct Request {
  Sources sources;
  std::vector<std::string> regions, metrics;  ///< empty: of the files; the usual ones
  std::string hd95 = "directed", empty = "brats", hd_penalty = "convention", domain = "image";
  bool ignore_geometry = false, smooth_dice = false;
};

/// One score of one region, summed up over the cases.
struct SummaryRow {
  std::string region;
  const ScoreRow* score = nullptr;
  metrics::Summary summary;
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
  std::vector<CaseScores> cases;  ///< by id
  std::vector<SummaryRow> summaries;
  std::vector<PooledRow> pooled;
};

/// Scores every case, in parallel over cases; the result does not depend on `threads`.
/// \throws UsageError  settings that are unknown or do not go together
/// \throws DataError   as pair_up and score_case
Evaluation evaluate(const Request& request, int threads);

}  // namespace kdseg::scoring
