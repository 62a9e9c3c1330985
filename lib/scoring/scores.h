// The scores there are: one row each.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "metrics/empty.h"
#include "metrics/overlap.h"
#include "metrics/surface.h"

namespace kdseg::scoring {

/// What a score of one region of one case is computed from.
struct RegionMeasures {
  metrics::Overlap counts;                     ///< all voxels of the scan's grid
  metrics::Overlap domain;                     ///< voxels of the chosen domain
  const metrics::SurfaceDistances* distances;  ///< null where a mask is empty or nobody asked
  double voxel_ml = 0;
  metrics::PercentileRule percentile_rule = metrics::PercentileRule::directed;
};

/// What a score needs beyond counts.
enum class Needs { counts, distances, probability, uncertainty };

/// Which values are good.
enum class Better { higher, lower, neither };

struct ScoreRow {
  std::string name, unit, summary;
  metrics::Kind kind = metrics::Kind::counted;
  Needs needs = Needs::counts;
  double (*value)(const RegionMeasures&) = nullptr;  ///< null where counts are not enough
  Better better = Better::higher;
};

const std::vector<ScoreRow>& score_rows();
std::vector<std::string> score_names();

/// The rows of `names` in the catalog's order; "all" gives every row, no names the usual ones
/// (those of probabilities and uncertainties among them). dice_smooth is added when `smooth`.
/// \throws UsageError  unknown name (nearest named)
std::vector<const ScoreRow*> choose_scores(std::span<const std::string> names, bool smooth);

}  // namespace kdseg::scoring
