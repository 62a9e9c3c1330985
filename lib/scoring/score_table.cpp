#include "scoring/score_table.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::scoring {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// "scores.csv:17" for a row that was read from a file.
std::string place(const io::Table& table, size_t row) {
  return row < table.lines.size() ? fmt::format("{}:{}", table.file, table.lines[row])
                                  : fmt::format("{}: row {}", table.file, row + 1);
}

std::optional<double> value_of(const std::string& text) {
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text == "inf") return infinity;
  if (text == "-inf") return -infinity;
  return parse_number(text);
}

std::optional<metrics::Status> status_of(const std::string& text) {
  using metrics::Status;
  for (const Status status :
       {Status::normal, Status::both_empty, Status::ref_empty, Status::pred_empty})
    if (text == metrics::to_string(status)) return status;
  return std::nullopt;
}

/// The places of a table's columns; the optional ones may be absent.
struct Layout {
  size_t id, region, metric, value;
  std::optional<size_t> status, unit;

  explicit Layout(const io::Table& table)
      : id(table.column("case")),
        region(table.column("region")),
        metric(table.column("metric")),
        value(table.column("value")) {
    if (table.has_column("status")) status = table.column("status");
    if (table.has_column("unit")) unit = table.column("unit");
  }
};

metrics::CaseValue case_value(const io::Table& table, size_t row, const Layout& at) {
  const auto& fields = table.rows[row];
  const auto value = value_of(fields[at.value]);
  if (!value)
    throw DataError("{}: value '{}' is no number; a number, nan or inf is expected",
                    place(table, row), fields[at.value]);
  const auto status = at.status ? status_of(fields[*at.status]) : metrics::Status::normal;
  if (!status) throw DataError("{}: unknown status '{}'", place(table, row), fields[*at.status]);
  return {*value, *status};
}

}  // namespace

const ScoreColumn* ScoreTable::find(const std::string& region, const std::string& metric) const {
  for (const ScoreColumn& column : columns)
    if (column.region == region && column.metric == metric) return &column;
  return nullptr;
}

ScoreTable score_table(const io::Table& table) {
  const Layout at(table);
  if (table.rows.empty()) throw DataError("{}: no rows", table.file);
  ScoreTable scores;
  scores.file = table.file;
  std::set<std::string> ids;
  for (const auto& row : table.rows) ids.insert(row[at.id]);
  scores.cases.assign(ids.begin(), ids.end());
  std::map<std::pair<std::string, std::string>, size_t> known;
  std::vector<std::vector<bool>> given;
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const auto& row = table.rows[i];
    for (const size_t field : {at.id, at.region, at.metric})
      if (row[field].empty()) throw DataError("{}: no {}", place(table, i), table.columns[field]);
    const auto [found, fresh] =
        known.try_emplace({row[at.region], row[at.metric]}, scores.columns.size());
    if (fresh) {
      scores.columns.push_back({row[at.region], row[at.metric], at.unit ? row[*at.unit] : "1", {}});
      scores.columns.back().values.resize(scores.cases.size());
      given.emplace_back(scores.cases.size());
    }
    const auto index =
        static_cast<size_t>(std::lower_bound(scores.cases.begin(), scores.cases.end(), row[at.id]) -
                            scores.cases.begin());
    if (given[found->second][index])
      throw DataError("{}: {} of region {} is given twice for case {}", place(table, i),
                      row[at.metric], row[at.region], row[at.id]);
    given[found->second][index] = true;
    scores.columns[found->second].values[index] = case_value(table, i, at);
  }
  for (size_t c = 0; c < scores.columns.size(); ++c)
    for (size_t i = 0; i < scores.cases.size(); ++i)
      if (!given[c][i])
        throw DataError("{}: no {} of region {} for case {}, which other cases have", table.file,
                        scores.columns[c].metric, scores.columns[c].region, scores.cases[i]);
  return scores;
}

ScoreTable read_score_table(const std::string& path) { return score_table(io::read_table(path)); }

std::vector<SummaryRow> summarize(const ScoreTable& table, const metrics::Aggregation& how) {
  std::vector<std::vector<metrics::CaseValue>> columns;
  for (const ScoreColumn& column : table.columns) columns.push_back(column.values);
  const auto summaries = metrics::summarize(columns, how);
  std::vector<SummaryRow> rows;
  for (size_t i = 0; i < summaries.size(); ++i)
    rows.push_back(
        {table.columns[i].region, table.columns[i].metric, table.columns[i].unit, summaries[i]});
  return rows;
}

std::vector<RegionMean> means_over_regions(const std::vector<SummaryRow>& rows) {
  std::vector<RegionMean> means;
  std::vector<double> counts;
  for (const SummaryRow& row : rows) {
    const auto found = std::find_if(means.begin(), means.end(),
                                    [&](const RegionMean& m) { return m.metric == row.metric; });
    const auto index = static_cast<size_t>(found - means.begin());
    if (found == means.end()) {
      means.push_back({row.metric, 0});
      counts.push_back(0);
    }
    means[index].mean += row.summary.mean;
    ++counts[index];
  }
  for (size_t i = 0; i < means.size(); ++i) means[i].mean /= counts[i];
  return means;
}

}  // namespace kdseg::scoring
