#include "scoring/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

namespace kdseg::scoring {
namespace {

using json = nlohmann::ordered_json;

std::string digits(double value) { return fmt::format("{:.9g}", value); }

json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::strtod(digits(value).c_str(), nullptr);
}

json json_of(const SummaryRow& row, int ddof) {
  const metrics::Summary& s = row.summary;
  return {{"region", row.region},
          {"metric", row.metric},
          {"unit", row.unit},
          {"n_total", s.n_total},
          {"n", s.n},
          {"n_nan", s.n_nan},
          {"n_both_empty", s.n_both_empty},
          {"n_ref_empty", s.n_ref_empty},
          {"n_pred_empty", s.n_pred_empty},
          {"mean", number(s.mean)},
          {fmt::format("std_ddof{}", ddof), number(s.std)},
          {"median", number(s.median)},
          {"q1", number(s.q1)},
          {"q3", number(s.q3)},
          {"iqr", number(s.iqr)},
          {"ci_lo", number(s.ci_lo)},
          {"ci_hi", number(s.ci_hi)},
          {"min", number(s.minimum)},
          {"max", number(s.maximum)},
          {"mean_normal", number(s.mean_normal)}};
}

json json_of(const ComparisonRow& row) {
  const metrics::Wilcoxon& w = row.wilcoxon;
  return {{"region", row.region},
          {"metric", row.metric},
          {"against", row.against},
          {"n_pairs", row.n_pairs},
          {"mean_difference", number(row.t.mean_difference)},
          {"std_difference", number(row.t.deviation)},
          {"ci_lo", number(row.interval.low)},
          {"ci_hi", number(row.interval.high)},
          {"t", number(row.t.t)},
          {"df", number(row.t.df)},
          {"p_t", number(row.t.p)},
          {"w_plus", number(w.w_plus)},
          {"w_minus", number(w.w_minus)},
          {"p_wilcoxon", number(w.p)},
          {"p_holm", number(row.p_holm)},
          {"method", w.exact ? "exact" : "normal"},
          {"hodges_lehmann", number(row.hodges_lehmann)},
          {"rank_biserial", number(w.rank_biserial)}};
}

json aggregation_options(const Evaluation& e) {
  json options = {{"ddof", e.request.ddof},
                  {"bootstrap", e.request.bootstrap},
                  {"seed", e.request.seed},
                  {"inf-as", e.request.inf_as}};
  if (e.request.against.empty()) return options;
  options["pairing"] = e.request.pairing;
  options["zeros"] = e.request.zeros;
  options["rank"] = e.request.rank;
  return options;
}

json options_of(const Evaluation& e) {
  std::vector<std::string> names;
  for (const ScoreRow* row : e.rules.scores) names.push_back(row->name);
  json options = {{"metrics", names},
                  {"hd95", e.request.hd95},
                  {"surface", "voxel"},
                  {"empty", e.request.empty},
                  {"hd-penalty", e.request.hd_penalty},
                  {"domain", e.request.domain},
                  {"missing", e.request.sources.missing_is_worst ? "worst" : "error"},
                  {"ignore-geometry", e.request.ignore_geometry},
                  {"smooth-dice", e.request.smooth_dice},
                  {"thresholds", "0.01 to 0.99 in steps of 0.01"},
                  {"uncertainty-thresholds", e.rules.uncertainty_thresholds},
                  {"qu-score", e.request.qu_score}};
  if (e.rules.nan_is_zero) options["nan"] = e.request.nan;
  return options;
}

/// What only a run that scored cases itself can say.
void put_cases(json& root, const Evaluation& e) {
  root["convention"] = e.request.empty;
  const double penalty = e.cases.front().penalty_mm;
  const bool common = std::all_of(e.cases.begin(), e.cases.end(),
                                  [&](const CaseScores& c) { return c.penalty_mm == penalty; });
  root["penalty_mm"] = common ? number(penalty) : json(nullptr);  // else it is in `cases`
  root["regions_from"] = e.regions.origin;
  root["regions"] = json::array();
  for (const Region& region : e.regions.regions)
    root["regions"].push_back({{"name", region.name}, {"codes", region.codes}});
  root["n_missing"] =
      std::count_if(e.cases.begin(), e.cases.end(), [](const CaseScores& c) { return c.missing; });
  root["pooled"] = json::array();
  for (const PooledRow& row : e.pooled)
    root["pooled"].push_back({{"region", row.region},
                              {"metric", row.metric},
                              {"value", number(row.value)},
                              {"threshold", number(row.threshold)}});
  root["cases"] = json::array();
  for (const CaseScores& scores : e.cases)
    root["cases"].push_back({{"case", scores.id},
                             {"prediction", scores.prediction},
                             {"reference", scores.reference},
                             {"missing", scores.missing},
                             {"penalty_mm", number(scores.penalty_mm)}});
}

/// Rows of text under a header, the first `left` columns aligned to the left.
std::string aligned(const std::vector<std::vector<std::string>>& rows, size_t left) {
  std::vector<size_t> width(rows.front().size());
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i)
      line += i < left ? fmt::format("{:<{}}  ", row[i], width[i])
                       : fmt::format("{:>{}}  ", row[i], width[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string shown(double value) {
  return std::isnan(value) ? std::string("-") : fmt::format("{:.4f}", value);
}

std::string shown_interval(double low, double high) {
  return std::isnan(low) ? std::string("-") : fmt::format("{:.4f} to {:.4f}", low, high);
}

std::string shown_p(double p) {
  return std::isnan(p) ? std::string("-") : p < 1e-4 ? fmt::format("{:.1e}", p) : shown(p);
}

std::string comparison_text(const Evaluation& e) {
  std::vector<std::vector<std::string>> rows{{"region", "metric", "against", "pairs", "difference",
                                              "95 % interval", "p (t)", "p (Wilcoxon)", "Holm",
                                              "rank biserial"}};
  for (const ComparisonRow& r : e.comparisons)
    rows.push_back({r.region, r.metric, r.against, fmt::format("{}", r.n_pairs),
                    shown(r.t.mean_difference), shown_interval(r.interval.low, r.interval.high),
                    shown_p(r.t.p), shown_p(r.wilcoxon.p), shown_p(r.p_holm),
                    shown(r.wilcoxon.rank_biserial)});
  return "\ndifferences: this run minus the other\n" + aligned(rows, 3);
}

std::string ranking_text(const Evaluation& e) {
  std::vector<std::vector<std::string>> rows{{"run", "mean rank", "rank"}};
  for (const RankedRun& run : e.ranking)
    rows.push_back({run.name, shown(run.mean_rank), fmt::format("{}", run.rank)});
  return fmt::format("\nranking by {}\n", e.request.rank) + aligned(rows, 1);
}

}  // namespace

io::Table case_table(const Evaluation& e) {
  io::Table table;
  table.columns = {"case", "region", "metric", "value", "status", "unit"};
  for (const CaseScores& scores : e.cases)
    for (size_t r = 0; r < scores.regions.size(); ++r)
      for (size_t s = 0; s < e.rules.scores.size(); ++s) {
        if (!e.has(r, s)) continue;
        const Value& value = scores.regions[r].values[s];
        table.rows.push_back({scores.id, e.regions.regions[r].name, e.rules.scores[s]->name,
                              std::isnan(value.value) ? "nan" : digits(value.value),
                              metrics::to_string(value.status), e.rules.scores[s]->unit});
      }
  return table;
}

io::Table curve_table(const Evaluation& e) {
  io::Table table;
  table.columns = {"case", "region", "threshold", "dice", "ftp", "ftn"};
  for (const CaseScores& scores : e.cases)
    for (size_t r = 0; r < scores.regions.size(); ++r) {
      if (scores.regions[r].curve.empty() || !e.uncertain[r]) continue;
      for (const metrics::FilteredPoint& point : scores.regions[r].curve)
        table.rows.push_back({scores.id, e.regions.regions[r].name, digits(point.threshold),
                              digits(point.dice), digits(point.ftp), digits(point.ftn)});
    }
  return table;
}

std::string summary_json(const Evaluation& e, const Provenance& provenance) {
  json root;
  root["schema"] = "evaluation";
  root["schema_version"] = "1.0";
  root["program"] = provenance.program;
  root["version"] = provenance.version;
  root["commit"] = provenance.commit;
  const bool scored = e.request.table.empty();
  root["options"] = scored ? options_of(e) : json::object();
  root["options"].update(aggregation_options(e));
  if (!scored) root["table"] = std::filesystem::path(e.request.table).filename().string();
  root["n_cases"] = e.scores.cases.size();
  root["summary"] = json::array();
  for (const SummaryRow& row : e.summaries)
    root["summary"].push_back(json_of(row, e.aggregation.ddof));
  root["region_means"] = json::array();
  for (const RegionMean& row : means_over_regions(e.summaries))
    root["region_means"].push_back({{"metric", row.metric}, {"mean", number(row.mean)}});
  root["comparisons"] = json::array();
  for (const ComparisonRow& row : e.comparisons) root["comparisons"].push_back(json_of(row));
  root["ranking"] = json::array();
  for (const RankedRun& run : e.ranking)
    root["ranking"].push_back(
        {{"run", run.name}, {"mean_rank", number(run.mean_rank)}, {"rank", run.rank}});
  if (scored) put_cases(root, e);
  // Names of files need not be UTF-8.
  return root.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

std::string summary_text(const Evaluation& e) {
  std::vector<std::vector<std::string>> rows{
      {"region", "metric", "unit", "n", "mean", "95 % interval", "std", "median", "mean of normal",
       "both empty", "ref empty", "pred empty", "undefined"}};
  for (const SummaryRow& row : e.summaries) {
    const metrics::Summary& s = row.summary;
    rows.push_back({row.region, row.metric, row.unit, fmt::format("{}", s.n), shown(s.mean),
                    shown_interval(s.ci_lo, s.ci_hi), shown(s.std), shown(s.median),
                    shown(s.mean_normal), fmt::format("{}", s.n_both_empty),
                    fmt::format("{}", s.n_ref_empty), fmt::format("{}", s.n_pred_empty),
                    fmt::format("{}", s.n_nan)});
  }
  std::string text = aligned(rows, 3);
  for (const PooledRow& row : e.pooled)
    text += row.metric == "ap"
                ? fmt::format("{}: average precision over the voxels of all cases {}\n", row.region,
                              shown(row.value))
                : fmt::format("{}: dice_best at threshold {:.2f}\n", row.region, row.threshold);
  if (!e.comparisons.empty()) text += comparison_text(e);
  if (!e.ranking.empty()) text += ranking_text(e);
  return text;
}

}  // namespace kdseg::scoring
