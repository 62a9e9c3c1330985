#include "scoring/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>

namespace kdseg::scoring {
namespace {

using json = nlohmann::ordered_json;

std::string digits(double value) { return fmt::format("{:.9g}", value); }

json number(double value) {
  if (!std::isfinite(value)) return nullptr;
  return std::strtod(digits(value).c_str(), nullptr);
}

json json_of(const SummaryRow& row) {
  const metrics::Summary& s = row.summary;
  return {{"region", row.region},
          {"metric", row.score->name},
          {"unit", row.score->unit},
          {"n_total", s.n_total},
          {"n", s.n},
          {"n_nan", s.n_nan},
          {"n_both_empty", s.n_both_empty},
          {"n_ref_empty", s.n_ref_empty},
          {"n_pred_empty", s.n_pred_empty},
          {"mean", number(s.mean)},
          {"std_ddof1", number(s.std)},
          {"median", number(s.median)},
          {"q1", number(s.q1)},
          {"q3", number(s.q3)},
          {"min", number(s.minimum)},
          {"max", number(s.maximum)},
          {"mean_normal", number(s.mean_normal)}};
}

json options_of(const Evaluation& e) {
  std::vector<std::string> names;
  for (const ScoreRow* row : e.rules.scores) names.push_back(row->name);
  return {{"metrics", names},
          {"hd95", e.request.hd95},
          {"surface", "voxel"},
          {"empty", e.request.empty},
          {"hd-penalty", e.request.hd_penalty},
          {"domain", e.request.domain},
          {"missing", e.request.sources.missing_is_worst ? "worst" : "error"},
          {"ignore-geometry", e.request.ignore_geometry},
          {"smooth-dice", e.request.smooth_dice},
          {"thresholds", "0.01 to 0.99 in steps of 0.01"}};
}

}  // namespace

io::Table case_table(const Evaluation& e) {
  io::Table table;
  table.columns = {"case", "region", "metric", "value", "status", "unit"};
  for (const CaseScores& scores : e.cases)
    for (size_t r = 0; r < scores.regions.size(); ++r)
      for (size_t s = 0; s < e.rules.scores.size(); ++s) {
        const Value& value = scores.regions[r].values[s];
        table.rows.push_back({scores.id, e.regions.regions[r].name, e.rules.scores[s]->name,
                              std::isnan(value.value) ? "nan" : digits(value.value),
                              metrics::to_string(value.status), e.rules.scores[s]->unit});
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
  root["options"] = options_of(e);
  root["convention"] = e.request.empty;
  const double penalty = e.cases.front().penalty_mm;
  const bool common = std::all_of(e.cases.begin(), e.cases.end(),
                                  [&](const CaseScores& c) { return c.penalty_mm == penalty; });
  root["penalty_mm"] = common ? number(penalty) : json(nullptr);  // else it is in `cases`
  root["regions_from"] = e.regions.origin;
  root["regions"] = json::array();
  for (const Region& region : e.regions.regions)
    root["regions"].push_back({{"name", region.name}, {"codes", region.codes}});
  root["n_cases"] = e.cases.size();
  root["n_missing"] =
      std::count_if(e.cases.begin(), e.cases.end(), [](const CaseScores& c) { return c.missing; });
  root["summary"] = json::array();
  for (const SummaryRow& row : e.summaries) root["summary"].push_back(json_of(row));
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
  return root.dump(2) + "\n";
}

std::string summary_text(const Evaluation& e) {
  std::vector<std::vector<std::string>> rows{{"region", "metric", "unit", "n", "mean", "std",
                                              "median", "mean of normal", "both empty", "ref empty",
                                              "pred empty", "undefined"}};
  const auto shown = [](double value) {
    return std::isnan(value) ? std::string("-") : fmt::format("{:.4f}", value);
  };
  for (const SummaryRow& row : e.summaries) {
    const metrics::Summary& s = row.summary;
    rows.push_back({row.region, row.score->name, row.score->unit, fmt::format("{}", s.n),
                    shown(s.mean), shown(s.std), shown(s.median), shown(s.mean_normal),
                    fmt::format("{}", s.n_both_empty), fmt::format("{}", s.n_ref_empty),
                    fmt::format("{}", s.n_pred_empty), fmt::format("{}", s.n_nan)});
  }
  std::vector<size_t> width(rows.front().size());
  for (const auto& row : rows)
    for (size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i)
      line += i < 3 ? fmt::format("{:<{}}  ", row[i], width[i])
                    : fmt::format("{:>{}}  ", row[i], width[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  for (const PooledRow& row : e.pooled)
    text += row.metric == "ap"
                ? fmt::format("{}: average precision over the voxels of all cases {}\n", row.region,
                              shown(row.value))
                : fmt::format("{}: dice_best at threshold {:.2f}\n", row.region, row.threshold);
  return text;
}

}  // namespace kdseg::scoring
