#include "scoring/evaluation.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <set>

#include "base/errors.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/text.h"

namespace kdseg::scoring {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::optional<double> penalty_of(const std::string& text) {
  if (text == "convention" || text == "diag") return std::nullopt;
  const auto value = parse_number(text);
  if (!value || *value < 0)
    throw UsageError("--hd-penalty {}: convention, diag or a distance in mm is expected", text);
  return value;
}

Rules rules_of(const Request& request) {
  Rules rules;
  rules.scores = choose_scores(request.metrics, request.smooth_dice);
  rules.probability_required = !request.metrics.empty() && rules.needs(Needs::probability) &&
                               request.metrics != std::vector<std::string>{"all"};
  rules.empty = metrics::empty_rule(request.empty);
  rules.percentile_rule = request.hd95 == "pooled" ? metrics::PercentileRule::pooled
                                                   : metrics::PercentileRule::directed;
  rules.penalty_mm = penalty_of(request.hd_penalty);
  rules.diagonal_penalty = request.hd_penalty == "diag";
  rules.brain_domain = request.domain == "brain";
  rules.ignore_geometry = request.ignore_geometry;
  return rules;
}

/// As the first case's files say, else one region per code of the references.
RegionSet regions_of_files(const std::vector<Pair>& pairs, int threads) {
  for (const auto& path : {pairs.front().reference, pairs.front().prediction})
    if (auto found = described_regions(path)) return *std::move(found);
  std::set<int> codes;
  std::mutex mutex;
  parallel_for(static_cast<int64_t>(pairs.size()), threads, [&](int64_t i) {
    const auto map = read_label_map(pairs[static_cast<size_t>(i)].reference);
    const std::lock_guard lock(mutex);
    codes.insert(map.codes.begin(), map.codes.end());
  });
  auto set = regions_of_codes({codes.begin(), codes.end()});
  if (set.regions.empty())
    throw DataError("every reference is empty: name what is scored with --regions");
  return set;
}

/// Leaves the scores of probabilities out where nobody asked for them and a case has none.
void drop_probability_scores(Evaluation& e) {
  std::vector<size_t> kept;
  for (size_t i = 0; i < e.rules.scores.size(); ++i)
    if (e.rules.scores[i]->needs != Needs::probability) kept.push_back(i);
  for (CaseScores& scores : e.cases)
    for (RegionScores& region : scores.regions) {
      std::vector<Value> values;
      for (const size_t i : kept) values.push_back(region.values[i]);
      region.values = std::move(values);
    }
  std::erase_if(e.rules.scores,
                [](const ScoreRow* row) { return row->needs == Needs::probability; });
}

/// Chooses each region's threshold and fills in the cases' Dice there.
void score_best_threshold(Evaluation& e, size_t region, size_t column) {
  const auto& thresholds = metrics::default_thresholds();
  const ScoreRow& row = *e.rules.scores[column];
  std::vector<std::vector<double>> dice;
  const auto value_at = [&](const CaseScores& scores, size_t t) {
    const auto& counts = scores.regions[region].at_thresholds[t];
    const auto status = metrics::status_of(counts);
    const auto fixed =
        metrics::value_when_empty(e.rules.empty, row.kind, status, scores.penalty_mm);
    return Value{fixed ? *fixed : metrics::dice(counts), status};
  };
  for (const CaseScores& scores : e.cases) {
    dice.emplace_back();
    for (size_t t = 0; t < thresholds.size(); ++t) dice.back().push_back(value_at(scores, t).value);
  }
  const auto best = metrics::best_threshold(dice, thresholds);
  for (CaseScores& scores : e.cases)
    scores.regions[region].values[column] = value_at(scores, best.index);
  e.pooled.push_back({e.regions.regions[region].name, "dice_best", best.mean, best.threshold});
}

void summarize(Evaluation& e) {
  for (size_t r = 0; r < e.regions.regions.size(); ++r)
    for (size_t s = 0; s < e.rules.scores.size(); ++s) {
      std::vector<metrics::CaseValue> values;
      for (const CaseScores& scores : e.cases) {
        const Value& value = scores.regions[r].values[s];
        values.push_back({value.value, value.status});
      }
      e.summaries.push_back(
          {e.regions.regions[r].name, e.rules.scores[s], metrics::summarize(values)});
    }
}

}  // namespace

Evaluation evaluate(const Request& request, int threads) {
  Evaluation e{request, rules_of(request), {}, {}, {}, {}};
  e.regions = parse_regions(request.regions);  // a wrong name shows before files are read
  const auto pairs = pair_up(request.sources);
  if (e.regions.regions.empty()) e.regions = regions_of_files(pairs, threads);
  e.cases.resize(pairs.size());
  std::vector<metrics::ProbabilityCounts> all(
      e.rules.needs(Needs::probability) ? e.regions.regions.size() : 0);
  std::mutex mutex;
  Progress progress("scoring", static_cast<int64_t>(pairs.size()), "cases");
  parallel_for(static_cast<int64_t>(pairs.size()), threads, [&](int64_t i) {
    const Pair& pair = pairs[static_cast<size_t>(i)];
    CaseScores scores = score_case(pair, e.regions, e.rules);
    {
      // Sums of whole numbers: the order in which cases end does not matter.
      const std::lock_guard lock(mutex);
      for (size_t r = 0; r < scores.regions.size(); ++r)
        if (auto& counts = scores.regions[r].probability) all[r].add(*counts);
    }
    for (RegionScores& region : scores.regions) region.probability.reset();
    e.cases[static_cast<size_t>(i)] = std::move(scores);
    progress.advance(1, pair.id);
  });
  const auto bare = std::count_if(e.cases.begin(), e.cases.end(),
                                  [](const CaseScores& c) { return !c.has_probability; });
  if (bare > 0 && e.rules.needs(Needs::probability)) {
    if (bare < static_cast<int64_t>(e.cases.size()))
      log::warning("{} of {} cases have no probabilities: ap and dice_best are left out", bare,
                   e.cases.size());
    drop_probability_scores(e);
  }
  for (size_t r = 0; r < e.regions.regions.size(); ++r)
    for (size_t s = 0; s < e.rules.scores.size(); ++s) {
      if (e.rules.scores[s]->name == "dice_best") score_best_threshold(e, r, s);
      if (e.rules.scores[s]->name == "ap")
        e.pooled.push_back({e.regions.regions[r].name, "ap", all[r].average_precision(), nan});
    }
  summarize(e);
  return e;
}

}  // namespace kdseg::scoring
