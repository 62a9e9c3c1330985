// Scores of one run by region, metric and case: what a table of cases holds.
#pragma once
#include <string>
#include <vector>

#include "io/table.h"
#include "metrics/aggregate.h"

namespace kdseg::scoring {

struct ScoreColumn {
  std::string region, metric, unit;
  std::vector<metrics::CaseValue> values;  ///< in the order of ScoreTable::cases; NaN: undefined
};

struct ScoreTable {
  std::string file;                ///< for messages
  std::vector<std::string> cases;  ///< ascending
  std::vector<ScoreColumn> columns;

  /// nullptr where there is none.
  const ScoreColumn* find(const std::string& region, const std::string& metric) const;
};

/// From a table with the columns case, region, metric, value and optionally status and unit, one
/// row per value; `nan`, `inf` and `-inf` are values.
/// \throws DataError  a column is missing; a value is no number or a status is unknown (line
///                    named); a value is given twice; a case lacks a value that others have; no
///                    rows
ScoreTable score_table(const io::Table& table);

/// \throws DataError  unreadable, or as above
ScoreTable read_score_table(const std::string& path);

/// One score of one region, summed up over the cases.
struct SummaryRow {
  std::string region, metric, unit;
  metrics::Summary summary;
};

std::vector<SummaryRow> summarize(const ScoreTable& table, const metrics::Aggregation& how);

/// Mean of a metric's means over the regions, which is not the mean of the cases' means where
/// values are undefined. NaN where a region has no mean.
struct RegionMean {
  std::string metric;
  double mean = 0;
};

std::vector<RegionMean> means_over_regions(const std::vector<SummaryRow>& rows);

}  // namespace kdseg::scoring
