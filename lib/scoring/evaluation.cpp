#include "scoring/evaluation.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <mutex>
#include <set>

#include "base/errors.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/text.h"
#include "scoring/verify.h"

namespace kdseg::scoring {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::optional<double> penalty_of(const std::string& text) {
  if (text == "convention" || text == "diag") return std::nullopt;
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "nan") return nan;
  const auto value = parse_number(text);
  if (!value || *value < 0)
    throw UsageError("--hd-penalty {}: convention, diag, inf, nan or a distance in mm is expected",
                     text);
  return value;
}

std::vector<double> thresholds_of(const Request& request) {
  const auto& given = request.unc_thresholds;
  if (given.empty()) return metrics::even_thresholds(request.unc_points);
  const auto unordered = std::adjacent_find(given.begin(), given.end(), std::greater_equal<>());
  if (given.size() < 2 || unordered != given.end() || given.front() < 0 || given.back() > 100)
    throw UsageError("--unc-thresholds: at least two ascending numbers in 0..100 are expected");
  return given;
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
  rules.nan_is_zero = request.nan == "zero";
  rules.grid = request.grid == "stored" ? CountedOn::stored : CountedOn::scan;
  if (rules.grid == CountedOn::stored && !request.sources.uncertainty.empty())
    throw UsageError(
        "--grid stored: uncertainties are those in the predictions, without --uncertainty");
  rules.uncertainty = rules.needs(Needs::uncertainty) || request.wants_curves;
  if (!request.sources.uncertainty.empty() && !rules.uncertainty)
    throw UsageError("--uncertainty: no score of --metrics uses it; add qu_score");
  rules.uncertainty_required = request.wants_curves || !request.sources.uncertainty.empty() ||
                               (rules.uncertainty && !request.metrics.empty() &&
                                request.metrics != std::vector<std::string>{"all"});
  rules.uncertainty_thresholds = thresholds_of(request);
  rules.uncertainty_form = metrics::uncertainty_form(request.qu_score);
  return rules;
}

metrics::Aggregation aggregation_of(const Request& request) {
  metrics::Aggregation how;
  how.ddof = static_cast<int>(request.ddof);
  how.bootstrap = {request.bootstrap, request.seed};
  if (request.inf_as != "inf") {
    how.infinite_as = parse_number(request.inf_as);
    if (!how.infinite_as)
      throw UsageError("--inf-as {}: a number or inf is expected", request.inf_as);
  }
  return how;
}

/// As the first case's files say, else one region per code of the references.
RegionSet regions_of_files(const std::vector<Pair>& pairs, bool nan_is_zero, int threads) {
  for (const auto& path : {pairs.front().reference, pairs.front().prediction})
    if (auto found = described_regions(path)) return *std::move(found);
  std::set<int> codes;
  std::mutex mutex;
  parallel_for(static_cast<int64_t>(pairs.size()), threads, [&](int64_t i) {
    throw_if_stopped();
    const auto map = read_label_map(pairs[static_cast<size_t>(i)].reference, false, CountedOn::scan,
                                    nan_is_zero);
    const std::lock_guard lock(mutex);
    codes.insert(map.codes.begin(), map.codes.end());
  });
  auto set = regions_of_codes({codes.begin(), codes.end()});
  if (set.regions.empty())
    throw DataError("every reference is empty: name what is scored with --regions");
  return set;
}

/// Leaves scores out that nobody asked for and a case lacks the data for.
void drop_scores(Evaluation& e, Needs needs) {
  std::vector<size_t> kept;
  for (size_t i = 0; i < e.rules.scores.size(); ++i)
    if (e.rules.scores[i]->needs != needs) kept.push_back(i);
  for (CaseScores& scores : e.cases)
    for (RegionScores& region : scores.regions) {
      std::vector<Value> values;
      for (const size_t i : kept) values.push_back(region.values[i]);
      region.values = std::move(values);
    }
  std::erase_if(e.rules.scores, [needs](const ScoreRow* row) { return row->needs == needs; });
}

/// Finds the regions that every case has uncertainties for and leaves those scores out elsewhere.
void settle_uncertainties(Evaluation& e) {
  const bool required = e.rules.uncertainty_required;
  int64_t present = 0, brainless = 0;
  for (const CaseScores& scores : e.cases) {
    present += !scores.missing;
    brainless += scores.lacks_brain;
  }
  if (brainless > 0)
    log::warning(
        "{} of {} cases have uncertainties but no brain mask to count them in: the qu scores are "
        "left out",
        brainless, e.cases.size());
  bool any = false;
  for (size_t r = 0; r < e.regions.regions.size(); ++r) {
    const auto& name = e.regions.regions[r].name;
    int64_t mapped = 0;
    std::string without;
    for (const CaseScores& scores : e.cases) {
      if (scores.missing) continue;
      if (!scores.regions[r].curve.empty())
        ++mapped;
      else if (without.empty())
        without = scores.id;
    }
    if (required && mapped > 0 && mapped < present)
      throw DataError("case {}: region {}: no uncertainty map, which other cases have", without,
                      name);
    if (brainless == 0 && mapped > 0 && mapped < present)
      log::warning("region {}: {} of {} cases have no uncertainty map: its qu scores are left out",
                   name, present - mapped, present);
    e.uncertain.push_back(present > 0 ? mapped == present : required);
    any = any || e.uncertain.back();
  }
  if (required && !any)
    throw DataError(
        "no uncertainty maps: predictions with /uncertainty named by region, or --uncertainty");
  for (size_t r = 0; required && r < e.regions.regions.size(); ++r)
    if (!e.uncertain[r])
      log::warning("region {} has no uncertainty map: its qu scores are left out",
                   e.regions.regions[r].name);
  if (!any) drop_scores(e, Needs::uncertainty);
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

ScoreTable table_of(const Evaluation& e) {
  ScoreTable table;
  table.file = "this run";
  for (const CaseScores& scores : e.cases) table.cases.push_back(scores.id);
  for (size_t r = 0; r < e.regions.regions.size(); ++r)
    for (size_t s = 0; s < e.rules.scores.size(); ++s) {
      if (!e.has(r, s)) continue;
      table.columns.push_back(
          {e.regions.regions[r].name, e.rules.scores[s]->name, e.rules.scores[s]->unit, {}});
      for (const CaseScores& scores : e.cases) {
        const Value& value = scores.regions[r].values[s];
        table.columns.back().values.push_back({value.value, value.status});
      }
    }
  return table;
}

void check_table_request(const Request& r) {
  const auto& s = r.sources;
  if (!s.prediction.empty() || !s.reference.empty() || !s.pairs.empty() || !s.uncertainty.empty() ||
      !s.selection.cases.empty() || !r.regions.empty() || r.wants_cases || r.wants_curves)
    throw UsageError(
        "--table holds finished scores: leave --prediction, --reference, --pairs, --cases, "
        "--uncertainty, --regions, --output and --curves out");
}

/// The finished scores of `request.table`, those that are asked for.
ScoreTable finished_scores(const Request& request) {
  ScoreTable table = read_score_table(request.table);
  const auto& asked = request.metrics;
  if (asked.empty() || asked == std::vector<std::string>{"all"}) return table;
  const std::set<std::string> wanted(asked.begin(), asked.end());
  std::set<std::string> known;
  for (const ScoreColumn& column : table.columns) known.insert(column.metric);
  const std::vector<std::string> names(known.begin(), known.end());
  for (const auto& name : wanted)
    if (!known.contains(name))
      throw DataError("{}: no metric {}{}", table.file, name, did_you_mean(name, names));
  std::erase_if(table.columns,
                [&](const ScoreColumn& column) { return !wanted.contains(column.metric); });
  return table;
}

void score_cases(Evaluation& e, int threads) {
  const Request& request = e.request;
  e.rules = rules_of(request);
  e.regions = parse_regions(request.regions);  // a wrong name shows before files are read
  const auto pairs = pair_up(request.sources);
  if (request.verify) verify_files(pairs, threads);
  for (const Pair& pair : pairs)
    if (!pair.uncertainty.empty() || !pair.uncertainty_of.empty())
      e.rules.uncertainty_required = e.rules.uncertainty;
  if (e.regions.regions.empty())
    e.regions = regions_of_files(pairs, request.nan == "zero", threads);
  e.cases.resize(pairs.size());
  std::vector<metrics::ProbabilityCounts> all(
      e.rules.needs(Needs::probability) ? e.regions.regions.size() : 0);
  std::mutex mutex;
  Progress progress("scoring", static_cast<int64_t>(pairs.size()), "cases");
  parallel_for(static_cast<int64_t>(pairs.size()), threads, [&](int64_t i) {
    throw_if_stopped();
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
    drop_scores(e, Needs::probability);
  }
  if (e.rules.uncertainty) settle_uncertainties(e);
  for (size_t r = 0; r < e.regions.regions.size(); ++r)
    for (size_t s = 0; s < e.rules.scores.size(); ++s) {
      if (e.rules.scores[s]->name == "dice_best") score_best_threshold(e, r, s);
      if (e.rules.scores[s]->name == "ap")
        e.pooled.push_back({e.regions.regions[r].name, "ap", all[r].average_precision(), nan});
    }
  e.scores = table_of(e);
}

/// Two empty masks agree perfectly; where all do, it may be a code that the files do not use.
void warn_of_empty_regions(const std::vector<SummaryRow>& summaries) {
  std::vector<std::string> empty;
  for (const SummaryRow& row : summaries)
    if (row.summary.n_total > 0 && row.summary.n_both_empty == row.summary.n_total &&
        std::find(empty.begin(), empty.end(), row.region) == empty.end())
      empty.push_back(row.region);
  if (!empty.empty())
    log::warning(
        "no voxel of {} in any reference or prediction: the scores say nothing; are the codes "
        "right?",
        join(empty));
}

}  // namespace

bool Evaluation::has(size_t region, size_t score) const {
  return rules.scores[score]->needs != Needs::uncertainty || uncertain[region];
}

Evaluation evaluate(const Request& request, int threads) {
  Evaluation e;
  e.request = request;
  e.aggregation = aggregation_of(request);
  if (request.wants_comparison && request.against.empty())
    throw UsageError("--comparison needs --against: the scores to compare with");
  if (request.rank != "off" && request.against.empty())
    throw UsageError("--rank needs --against: the runs to rank beside this one");
  const auto others = read_runs(request.against);  // a wrong table shows before scans are read
  if (request.table.empty()) {
    score_cases(e, threads);
  } else {
    check_table_request(request);
    e.scores = finished_scores(request);
  }
  const size_t n = e.scores.cases.size();
  if (request.bootstrap > 0 && n > 1 && n < 8)
    log::warning("only {} cases: the bootstrap intervals are rough", n);
  e.summaries = summarize(e.scores, e.aggregation);
  warn_of_empty_regions(e.summaries);
  e.comparisons =
      compare(e.scores, others, {request.metrics, request.pairing, request.zeros, e.aggregation});
  if (request.rank != "off")
    e.ranking = rank_runs(e.scores, others, request.metrics, rank_by(request.rank));
  return e;
}

}  // namespace kdseg::scoring
