#include "scoring/ranking.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "scoring/scores.h"

namespace kdseg::scoring {
namespace {

constexpr double tolerance = 1e-9;  // scores read from text differ in their last bits

Better better_of(const std::string& metric) {
  for (const ScoreRow& row : score_rows())
    if (row.name == metric) return row.better;
  return Better::neither;
}

bool beats(double a, double b, Better better) {
  if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  return better == Better::lower ? a < b - tolerance : a > b + tolerance;
}

/// Adds each run's rank among `values` to `sums`.
void add_ranks(const std::vector<double>& values, Better better, std::vector<double>& sums) {
  for (size_t i = 0; i < values.size(); ++i)
    sums[i] +=
        1 + static_cast<double>(std::count_if(values.begin(), values.end(), [&](double other) {
          return beats(other, values[i], better);
        }));
}

std::vector<std::string> common_cases(const ScoreTable& own, std::span<const Run> others) {
  auto cases = own.cases;
  for (const Run& run : others)
    std::erase_if(cases, [&](const std::string& id) {
      return !std::binary_search(run.scores.cases.begin(), run.scores.cases.end(), id);
    });
  if (cases.empty()) throw DataError("--rank: no case is in all tables");
  return cases;
}

/// One column's values of the common cases.
std::vector<double> values_of(const ScoreTable& table, const ScoreColumn& column,
                              const std::vector<std::string>& cases) {
  std::vector<double> values;
  for (const auto& id : cases) {
    const auto place = std::lower_bound(table.cases.begin(), table.cases.end(), id);
    values.push_back(column.values[static_cast<size_t>(place - table.cases.begin())].value);
  }
  return values;
}

/// Of the values that are defined; NaN without any.
double mean(const std::vector<double>& values) {
  double sum = 0, n = 0;
  for (const double v : values)
    if (!std::isnan(v)) {
      sum += v;
      ++n;
    }
  return sum / n;
}

}  // namespace

RankBy rank_by(const std::string& name) {
  if (name != "case" && name != "mean")
    throw UsageError("--rank {}: case or mean is expected", name);
  return name == "case" ? RankBy::cases : RankBy::means;
}

std::vector<RankedRun> rank_runs(const ScoreTable& own, std::span<const Run> others,
                                 const std::vector<std::string>& metrics, RankBy by) {
  const auto cases = common_cases(own, others);
  std::vector<RankedRun> runs{{"this run", 0, 0}};
  for (const Run& run : others) runs.push_back({run.name, 0, 0});
  std::vector<double> sums(runs.size());
  double n = 0;
  for (const ScoreColumn* column : compared_columns(own, metrics)) {
    const Better better = better_of(column->metric);
    if (better == Better::neither) continue;
    std::vector<std::vector<double>> values{values_of(own, *column, cases)};
    for (const Run& run : others)
      values.push_back(values_of(run.scores, counterpart(run, *column, own), cases));
    const size_t rounds = by == RankBy::cases ? cases.size() : 1;
    for (size_t i = 0; i < rounds; ++i) {
      std::vector<double> round;
      for (const auto& of_run : values)
        round.push_back(by == RankBy::cases ? of_run[i] : mean(of_run));
      add_ranks(round, better, sums);
      ++n;
    }
  }
  if (n == 0) throw DataError("--rank: no metric says which run is better");
  for (size_t i = 0; i < runs.size(); ++i) sums[i] /= n;
  std::vector<double> ranks(runs.size());
  add_ranks(sums, Better::lower, ranks);
  for (size_t i = 0; i < runs.size(); ++i) {
    runs[i].mean_rank = sums[i];
    runs[i].rank = static_cast<int64_t>(ranks[i]);
  }
  return runs;
}

}  // namespace kdseg::scoring
