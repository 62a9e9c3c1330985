#include "scoring/scores.h"

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::scoring {
namespace {

using metrics::Kind;

double mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double v : values) sum += v;
  return sum / static_cast<double>(values.size());
}

double volume_ml(uint64_t voxels, const RegionMeasures& e) {
  return static_cast<double>(voxels) * e.voxel_ml;
}

const std::vector<std::string> usual{"dice",        "sens",       "spec",      "ppv", "vol_ref_ml",
                                     "vol_pred_ml", "hd95_mm",    "dice_best", "ap",  "qu_dice_auc",
                                     "qu_ftp_auc",  "qu_ftn_auc", "qu_score"};

}  // namespace

const std::vector<ScoreRow>& score_rows() {
  using E = const RegionMeasures&;
  const auto counts = Needs::counts, distances = Needs::distances, probability = Needs::probability,
             uncertainty = Needs::uncertainty;
  static const std::vector<ScoreRow> rows{
      {"dice", "1", "2 TP / (2 TP + FP + FN)", Kind::similarity, counts,
       [](E e) { return metrics::dice(e.counts); }},
      {"dice_smooth", "1", "(2 TP + 1) / (2 TP + FP + FN + 1), HAD-Net's official code",
       Kind::counted, counts, [](E e) { return metrics::smoothed_dice(e.counts); }},
      {"iou", "1", "TP / (TP + FP + FN)", Kind::similarity, counts,
       [](E e) { return metrics::iou(e.counts); }},
      {"sens", "1", "sensitivity TP / (TP + FN)", Kind::sensitivity, counts,
       [](E e) { return metrics::sensitivity(e.counts); }},
      {"spec", "1", "specificity TN / (TN + FP) in the --domain", Kind::counted, counts,
       [](E e) { return metrics::specificity(e.domain); }},
      {"ppv", "1", "precision TP / (TP + FP)", Kind::precision, counts,
       [](E e) { return metrics::precision(e.counts); }},
      {"vol_ref_ml", "ml", "volume in the reference", Kind::counted, counts,
       [](E e) { return volume_ml(e.counts.referenced(), e); }, Better::neither},
      {"vol_pred_ml", "ml", "predicted volume", Kind::counted, counts,
       [](E e) { return volume_ml(e.counts.predicted(), e); }, Better::neither},
      {"dvol_ml", "ml", "predicted minus reference volume", Kind::counted, counts,
       [](E e) { return volume_ml(e.counts.predicted(), e) - volume_ml(e.counts.referenced(), e); },
       Better::neither},
      {"rvd", "1", "volume difference over reference volume", Kind::relative_volume, counts,
       [](E e) { return metrics::relative_volume_difference(e.counts); }, Better::neither},
      {"avd_pct", "percent", "absolute volume difference over reference volume",
       Kind::relative_volume, counts,
       [](E e) { return 100 * std::abs(metrics::relative_volume_difference(e.counts)); },
       Better::lower},
      {"vs", "1", "volume similarity 1 - |FN - FP| / (2 TP + FP + FN)", Kind::similarity, counts,
       [](E e) { return metrics::volume_similarity(e.counts); }},
      {"hd100_mm", "mm", "Hausdorff distance", Kind::distance, distances,
       [](E e) { return metrics::hausdorff(*e.distances); }, Better::lower},
      {"hd95_mm", "mm", "95th percentile of the surface distances (--hd95)", Kind::distance,
       distances,
       [](E e) { return metrics::hausdorff_quantile(*e.distances, 0.95, e.percentile_rule); },
       Better::lower},
      {"assd_mm", "mm", "mean of all surface distances of both directions", Kind::distance,
       distances, [](E e) { return metrics::average_symmetric_distance(*e.distances); },
       Better::lower},
      {"asd_pr_mm", "mm", "mean distance from the prediction's surface", Kind::distance, distances,
       [](E e) { return mean(e.distances->prediction_to_reference); }, Better::lower},
      {"asd_rp_mm", "mm", "mean distance from the reference's surface", Kind::distance, distances,
       [](E e) { return mean(e.distances->reference_to_prediction); }, Better::lower},
      {"nsd_1", "1", "part of both surfaces within 1 mm of the other", Kind::surface_part,
       distances, [](E e) { return metrics::normalized_surface_dice(*e.distances, 1); }},
      {"nsd_2", "1", "part of both surfaces within 2 mm of the other", Kind::surface_part,
       distances, [](E e) { return metrics::normalized_surface_dice(*e.distances, 2); }},
      {"dice_best", "1", "Dice at the one threshold with the best mean over the cases",
       Kind::similarity, probability, nullptr},
      {"ap", "1", "average precision over the voxels", Kind::counted, probability, nullptr},
      {"qu_dice_auc", "1", "mean over thresholds of the Dice of the certain voxels", Kind::counted,
       uncertainty, nullptr},
      {"qu_ftp_auc", "1", "mean part of the true positives that is filtered as uncertain",
       Kind::counted, uncertainty, nullptr, Better::lower},
      {"qu_ftn_auc", "1", "mean part of the true negatives in the brain that is filtered",
       Kind::counted, uncertainty, nullptr, Better::lower},
      {"qu_score", "1", "the areas above as one score (--qu-score)", Kind::counted, uncertainty,
       nullptr}};
  return rows;
}

std::vector<std::string> score_names() {
  std::vector<std::string> names;
  for (const ScoreRow& row : score_rows()) names.push_back(row.name);
  return names;
}

std::vector<const ScoreRow*> choose_scores(std::span<const std::string> names, bool smooth) {
  auto known = score_names();
  known.push_back("all");
  for (const auto& name : names)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw UsageError("--metrics: unknown metric '{}'{}", name, did_you_mean(name, known));
  const auto asked = names.empty() ? std::span<const std::string>(usual) : names;
  const auto has = [&](const std::string& name) {
    return std::find(asked.begin(), asked.end(), name) != asked.end();
  };
  std::vector<const ScoreRow*> chosen;
  for (const ScoreRow& row : score_rows())
    if (has(row.name) || has("all") || (smooth && row.name == "dice_smooth"))
      chosen.push_back(&row);
  return chosen;
}

}  // namespace kdseg::scoring
