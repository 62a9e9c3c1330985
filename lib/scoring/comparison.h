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

/// What is compared and how, in the words of the command line.
struct ComparisonRequest {
  std::vector<std::string> against;  ///< NAME=FILE, or FILE, which is then its own name
  std::vector<std::string> metrics;  ///< empty or "all": see `compare`
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

/// Compares every region and metric of `own` with each table of `request.against`, pairs matched by
/// case. Volumes (ml) are sizes and no scores: they are compared only when `request.metrics` names
/// them. Values count to the 9 digits that tables hold. Two infinite values do not differ.
/// A row with fewer than two pairs has no statistics (NaN).
/// \throws UsageError  a malformed or repeated name in `against`
/// \throws DataError   a table is unreadable or malformed, has other cases (unless only the common
///                     ones are asked for), fewer than two cases in common, or lacks a metric or
///                     region
std::vector<ComparisonRow> compare(const ScoreTable& own, const ComparisonRequest& request);

/// region,metric,against,n_pairs,mean_difference,ci_lo,ci_hi,t,df,p_t,w,p_wilcoxon,p_holm,method,
/// hodges_lehmann,rank_biserial; w is the smaller of W+ and W-, method that of its p.
io::Table comparison_table(std::span<const ComparisonRow> rows);

}  // namespace kdseg::scoring
