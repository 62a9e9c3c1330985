// One run's scores against those of other runs on the same cases.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "io/table.h"
#include "metrics/aggregate.h"
#include "metrics/statistics.h"
#include "scoring/score_table.h"

namespace kdseg::scoring {

/// The scores of another run.
struct Run {
  std::string name;
  ScoreTable scores;
};

/// From NAME=FILE texts, or FILE, which is then its own name.
/// \throws UsageError  a malformed or repeated name
/// \throws DataError   a table is unreadable or malformed
std::vector<Run> read_runs(const std::vector<std::string>& against);

/// What is compared and how, in the words of the command line.
struct ComparisonRequest {
  std::vector<std::string> metrics;  ///< empty or "all": see `compared_columns`
  std::string pairing = "equal";     ///< equal: the runs must have the same cases; common: in both
  std::string zeros = "drop";        ///< of Wilcoxon's test: drop, pratt
  metrics::Aggregation aggregation;
};

/// One score of one region: this run minus the other.
struct ComparisonRow {
  std::string region, metric, against;
  int64_t n_pairs = 0;         ///< cases with a value in both
  metrics::Interval interval;  ///< 95 % bootstrap interval of the mean difference
  metrics::PairedT t;          ///< holds the mean difference
  metrics::Wilcoxon wilcoxon;
  double p_holm = 0;  ///< of Wilcoxon's p, over all rows of one other run
  double hodges_lehmann = 0;
};

/// The columns of `own` with the metrics named. Volumes (ml) are sizes and no scores: where no
/// metrics are named they are left out.
std::vector<const ScoreColumn*> compared_columns(const ScoreTable& own,
                                                 const std::vector<std::string>& metrics);

/// The column of `run` for the same region and metric. \throws DataError  there is none
const ScoreColumn& counterpart(const Run& run, const ScoreColumn& column, const ScoreTable& own);

/// Compares every region and metric of `own` with each other run, pairs matched by case. Values
/// count to the 9 digits that tables hold. Two infinite values do not differ. A row with fewer than
/// two pairs has no statistics (NaN).
/// \throws DataError   a run has other cases (unless only the common ones are asked for), fewer
///                     than two cases in common, or lacks a metric or region
std::vector<ComparisonRow> compare(const ScoreTable& own, std::span<const Run> others,
                                   const ComparisonRequest& request);

/// region,metric,against,n_pairs,mean_difference,ci_lo,ci_hi,t,df,p_t,w,p_wilcoxon,p_holm,method,
/// hodges_lehmann,rank_biserial; w is the smaller of W+ and W-, method that of its p.
io::Table comparison_table(std::span<const ComparisonRow> rows);

}  // namespace kdseg::scoring
