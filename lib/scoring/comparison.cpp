#include "scoring/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>
#include <utility>

#include "base/errors.h"
#include "base/log.h"

namespace kdseg::scoring {
namespace {

/// As tables hold it, so that a run compares with its own table without a difference.
double rounded(double value) { return std::strtod(fmt::format("{:.9g}", value).c_str(), nullptr); }

/// Places of the common cases in both tables.
using Matches = std::vector<std::pair<size_t, size_t>>;

std::string first_missing(const std::vector<std::string>& from,
                          const std::vector<std::string>& wanted) {
  for (const auto& id : wanted)
    if (!std::binary_search(from.begin(), from.end(), id)) return id;
  return {};
}

Matches match(const ScoreTable& own, const ScoreTable& other, bool common_only) {
  Matches matches;
  for (size_t i = 0; i < own.cases.size(); ++i) {
    const auto found = std::lower_bound(other.cases.begin(), other.cases.end(), own.cases[i]);
    if (found != other.cases.end() && *found == own.cases[i])
      matches.emplace_back(i, static_cast<size_t>(found - other.cases.begin()));
  }
  if (matches.size() < own.cases.size() || matches.size() < other.cases.size()) {
    const auto lacking = first_missing(other.cases, own.cases);
    const auto missing = lacking.empty() ? fmt::format("{} lacks case {}", own.file,
                                                       first_missing(own.cases, other.cases))
                                         : fmt::format("{} lacks case {}", other.file, lacking);
    if (!common_only)
      throw DataError("{}: {} cases against {}, {} in common ({}); --pairing common compares those",
                      other.file, own.cases.size(), other.cases.size(), matches.size(), missing);
    log::warning("{}: {} cases against {}: only the {} in common are compared", other.file,
                 own.cases.size(), other.cases.size(), matches.size());
  }
  if (matches.size() < 2)
    throw DataError("{}: {} case in common; a comparison needs at least two", other.file,
                    matches.size());
  return matches;
}

/// Own minus other for every matched case; NaN where a value is undefined.
std::vector<double> differences_of(const ScoreColumn& own, const ScoreColumn& other,
                                   const Matches& matches, const metrics::Aggregation& how) {
  const auto value_of = [&](const metrics::CaseValue& v) {
    return rounded(how.infinite_as && std::isinf(v.value) ? *how.infinite_as : v.value);
  };
  std::vector<double> differences;
  for (const auto& [i, j] : matches) {
    const double a = value_of(own.values[i]), b = value_of(other.values[j]);
    differences.push_back(a == b ? 0 : a - b);  // also of two infinities
  }
  return differences;
}

ComparisonRow compare_column(const ScoreColumn& column, const std::string& against,
                             const std::vector<double>& differences, metrics::Zeros zeros) {
  auto valid = differences;
  std::erase_if(valid, [](double d) { return std::isnan(d); });
  ComparisonRow row{column.region,
                    column.metric,
                    against,
                    static_cast<int64_t>(valid.size()),
                    {},
                    metrics::paired_t(valid),
                    {},
                    0,
                    0};
  row.hodges_lehmann = metrics::hodges_lehmann(valid);
  if (valid.size() >= 2) {
    row.wilcoxon = metrics::wilcoxon_signed_rank(valid, zeros);
  } else {
    row.wilcoxon.p = row.wilcoxon.w_plus = row.wilcoxon.w_minus = row.wilcoxon.rank_biserial =
        std::nan("");
    log::warning("{} of region {} against {}: fewer than two cases have a value in both",
                 column.metric, column.region, against);
  }
  return row;
}

}  // namespace

std::vector<Run> read_runs(const std::vector<std::string>& against) {
  std::vector<Run> runs;
  std::set<std::string> names;
  for (const auto& text : against) {
    const size_t equals = text.find('=');
    const auto name = text.substr(0, equals);
    const auto file = equals == std::string::npos ? text : text.substr(equals + 1);
    if (name.empty() || file.empty()) throw UsageError("--against {}: NAME=FILE is expected", text);
    if (!names.insert(name).second) throw UsageError("--against: the name {} is given twice", name);
    runs.push_back({name, read_score_table(file)});
  }
  return runs;
}

std::vector<const ScoreColumn*> compared_columns(const ScoreTable& own,
                                                 const std::vector<std::string>& metrics) {
  const auto named = [&](const std::string& name) {
    return std::find(metrics.begin(), metrics.end(), name) != metrics.end();
  };
  std::vector<const ScoreColumn*> columns;
  for (const ScoreColumn& column : own.columns)
    if (metrics.empty() || named("all") ? column.unit != "ml" : named(column.metric))
      columns.push_back(&column);
  return columns;
}

const ScoreColumn& counterpart(const Run& run, const ScoreColumn& column, const ScoreTable& own) {
  const ScoreColumn* found = run.scores.find(column.region, column.metric);
  if (!found)
    throw DataError("{}: no {} of region {}, which {} has; --metrics chooses what is compared",
                    run.scores.file, column.metric, column.region, own.file);
  return *found;
}

std::vector<ComparisonRow> compare(const ScoreTable& own, std::span<const Run> others,
                                   const ComparisonRequest& request) {
  const auto zeros = request.zeros == "pratt" ? metrics::Zeros::pratt : metrics::Zeros::drop;
  const auto columns = compared_columns(own, request.metrics);
  std::vector<ComparisonRow> rows;
  for (const Run& other : others) {
    const auto matches = match(own, other.scores, request.pairing == "common");
    std::vector<std::vector<double>> differences;
    std::vector<double> p;
    const size_t first = rows.size();
    for (const ScoreColumn* column : columns) {
      differences.push_back(
          differences_of(*column, counterpart(other, *column, own), matches, request.aggregation));
      rows.push_back(compare_column(*column, other.name, differences.back(), zeros));
      p.push_back(rows.back().wilcoxon.p);
    }
    const auto intervals = metrics::bootstrap_means(differences, request.aggregation.bootstrap);
    const auto adjusted = metrics::holm(p);
    for (size_t i = 0; i < columns.size(); ++i) {
      rows[first + i].interval = intervals[i];
      rows[first + i].p_holm = adjusted[i];
    }
  }
  return rows;
}

io::Table comparison_table(std::span<const ComparisonRow> rows) {
  const auto text = [](double v) {
    return std::isnan(v) ? std::string("nan") : fmt::format("{:.9g}", v);
  };
  io::Table table;
  table.columns = {"region",
                   "metric",
                   "against",
                   "n_pairs",
                   "mean_difference",
                   "ci_lo",
                   "ci_hi",
                   "t",
                   "df",
                   "p_t",
                   "w",
                   "p_wilcoxon",
                   "p_holm",
                   "method",
                   "hodges_lehmann",
                   "rank_biserial"};
  for (const ComparisonRow& r : rows)
    table.rows.push_back({r.region, r.metric, r.against, fmt::format("{}", r.n_pairs),
                          text(r.t.mean_difference), text(r.interval.low), text(r.interval.high),
                          text(r.t.t), text(r.t.df), text(r.t.p),
                          text(std::min(r.wilcoxon.w_plus, r.wilcoxon.w_minus)), text(r.wilcoxon.p),
                          text(r.p_holm), r.wilcoxon.exact ? "exact" : "normal",
                          text(r.hodges_lehmann), text(r.wilcoxon.rank_biserial)});
  return table;
}

}  // namespace kdseg::scoring
