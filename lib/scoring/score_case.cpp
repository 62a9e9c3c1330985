#include "scoring/score_case.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <string_view>

#include "base/errors.h"
#include "base/interrupt.h"
#include "intake/common_grid.h"
#include "scoring/uncertainty_maps.h"
#include "voxels/content.h"

namespace kdseg::scoring {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::string_view needs_brain =
    " needs a brain mask: case volumes as references, or a brain column in --pairs";

std::string base_name(const std::string& path) {
  return path.empty() ? path : std::filesystem::path(path).filename().string();
}

/// What an index of a label map is among all codes of a case.
using Indices = std::array<uint8_t, 256>;

/// Indices of `from` among `all`, which is extended by what it lacks.
Indices join_codes(const std::vector<int>& from, std::vector<int>& all) {
  Indices index{};
  for (size_t i = 0; i < from.size(); ++i) {
    auto found = std::find(all.begin(), all.end(), from[i]);
    if (found == all.end()) {
      if (all.size() == 256) throw DataError("more than 256 different label codes");
      found = all.insert(all.end(), from[i]);
    }
    index[i] = static_cast<uint8_t>(found - all.begin());
  }
  return index;
}

std::vector<uint8_t> recoded(std::vector<uint8_t> voxels, const Indices& index) {
  for (auto& voxel : voxels) voxel = index[voxel];
  return voxels;
}

void check_regions(const LabelMap& map, const RegionSet& regions) {
  if (regions.origin == "the files" && map.regions && map.regions->regions != regions.regions)
    throw DataError("{} names other regions than the first case; choose them with --regions",
                    map.file);
}

std::vector<uint8_t> mask_of(const std::vector<uint8_t>& voxels, std::span<const int> members,
                             const Indices* index = nullptr) {
  std::array<uint8_t, 256> named{}, inside{};
  for (const int member : members) named[static_cast<size_t>(member)] = 1;
  for (size_t i = 0; i < inside.size(); ++i) inside[i] = named[index ? (*index)[i] : i];
  std::vector<uint8_t> mask(voxels.size());
  for (size_t i = 0; i < mask.size(); ++i) mask[i] = inside[voxels[i]];
  return mask;
}

std::vector<int> present(const metrics::ClassCounts& counts, const std::vector<int>& codes,
                         bool prediction) {
  std::vector<int> found;
  for (int i = 0; i < counts.classes(); ++i)
    if ((prediction ? counts.predicted(i) : counts.referenced(i)) > 0)
      found.push_back(codes[static_cast<size_t>(i)]);
  return found;
}

/// Empty where there is none.
std::vector<uint8_t> brain_mask(const Pair& pair, const LabelMap& reference, const Rules& rules) {
  if (pair.brain.empty()) return reference.brain;
  auto mask = read_mask(pair.brain, rules.nan_is_zero);
  const Grid& grid = reference.labels.grid;
  const auto laid =
      intake::lay_over("the brain mask", mask.grid, "the reference", grid, rules.ignore_geometry);
  intake::apply_steps("the brain mask", laid.steps, mask, grid);
  return std::move(mask.voxels);
}

metrics::ProbabilityCounts count_probabilities(const std::optional<io::Prediction>& prediction,
                                               const Region& region,
                                               const std::vector<uint8_t>& reference) {
  metrics::ProbabilityCounts counts;
  if (prediction && prediction->probability) {
    counts.add(region_probability(*prediction, region), reference);
  } else {
    const auto positives =
        static_cast<uint64_t>(std::count(reference.begin(), reference.end(), uint8_t{1}));
    counts.add_zeros(positives, reference.size() - positives);
  }
  return counts;
}

PredictedMap read_prediction(const Pair& pair, const Rules& rules) {
  if (!pair.prediction.empty())
    return read_predicted_map(pair.prediction, rules.needs(Needs::probability), rules.grid,
                              rules.nan_is_zero);
  PredictedMap missing;  // takes the reference's grid later
  missing.map.codes = {0};
  return missing;
}

void check_ids(const Pair& pair, const LabelMap& prediction, const LabelMap& reference,
               const UncertaintyMaps& maps) {
  const auto &r_id = reference.case_id, &p_id = prediction.case_id;
  if (!r_id.empty() && !p_id.empty() && r_id != p_id)
    throw DataError("{} is a prediction of case {}, the reference is case {}", pair.prediction,
                    p_id, r_id);
  const auto u_id = maps.case_id(), id = r_id.empty() ? p_id : r_id;
  if (!u_id.empty() && !id.empty() && u_id != id)
    throw DataError("{} holds uncertainties of case {}, the reference is case {}", pair.uncertainty,
                    u_id, id);
}

double area(const std::string& score, const metrics::UncertaintyScores& areas) {
  if (score == "qu_dice_auc") return areas.dice_auc;
  if (score == "qu_ftp_auc") return areas.ftp_auc;
  if (score == "qu_ftn_auc") return areas.ftn_auc;
  return areas.score;
}

/// The files of one case, read once and scored region by region.
class CaseScorer {
 public:
  /// \throws DataError  as score_case
  CaseScorer(const Pair& pair, const RegionSet& regions, const Rules& rules)
      : pair_(pair),
        regions_(regions),
        rules_(rules),
        predicted_(read_prediction(pair, rules)),
        maps_(pair, predicted_.source) {
    filtering_ = rules.uncertainty && !pair.prediction.empty() && !maps_.empty();
    const bool with_brain = rules.brain_domain || filtering_;
    reference_ = read_label_map(pair.reference, with_brain && pair.brain.empty(), rules.grid,
                                rules.nan_is_zero);
    if (pair.prediction.empty())
      predicted_.map.labels = {reference_.labels.grid,
                               std::vector<uint8_t>(reference_.labels.voxels.size())};
    check_ids(pair, predicted_.map, reference_, maps_);
    check_regions(reference_, regions);
    check_regions(predicted_.map, regions);
    bring_together();
    if (with_brain) brain_ = brain_mask(pair, reference_, rules);
  }

  CaseScores scores() {
    describe();
    count();
    for (const Region& region : regions_.regions) found_.regions.push_back(score_region(region));
    return std::move(found_);
  }

 private:
  /// The prediction onto the reference's grid; a reference that is the smaller part of the scan's
  /// array onto the prediction's.
  void bring_together() {
    Labels &reference = reference_.labels, &prediction = predicted_.map.labels;
    if (reference_.part && !predicted_.map.part && !rules_.ignore_geometry) {
      const auto laid = intake::lay_over("the reference", reference.grid, "the prediction",
                                         prediction.grid, false, true);
      intake::apply_steps("the reference", laid.steps, reference, prediction.grid);
    }
    const auto laid = intake::lay_over("the prediction", prediction.grid, "the reference",
                                       reference.grid, rules_.ignore_geometry, predicted_.map.part);
    intake::apply_steps("the prediction", laid.steps, prediction, reference.grid);
    if (predicted_.source)
      predicted_.source->chain = intake::extended(predicted_.source->chain, laid.steps);
  }

  void describe() {
    found_.id = pair_.id;
    found_.prediction = base_name(pair_.prediction);
    found_.reference = base_name(pair_.reference);
    found_.missing = pair_.prediction.empty();
    found_.has_probability =
        found_.missing || (predicted_.source && predicted_.source->probability);
    if (rules_.probability_required && !found_.has_probability)
      throw DataError("{}: no probabilities, which ap and dice_best need", pair_.prediction);
    found_.penalty_mm = rules_.diagonal_penalty
                            ? metrics::diagonal_mm(grid())
                            : metrics::penalty_mm(rules_.empty, rules_.penalty_mm, grid());
    if (rules_.brain_domain && brain_.empty()) throw DataError("--domain brain{}", needs_brain);
    found_.lacks_brain = filtering_ && brain_.empty();
    if (found_.lacks_brain && rules_.uncertainty_required)
      throw DataError("filtering by uncertainty{}", needs_brain);
  }

  void count() {
    in_reference_ = join_codes(reference_.codes, codes_);
    in_prediction_ = join_codes(predicted_.map.codes, codes_);
    cut_to_content();
    counts_ = domain_ = metrics::ClassCounts(static_cast<int>(codes_.size()));
    counts_.add(near_prediction_, near_reference_);
    counts_.add(0, 0, reference_.labels.voxels.size() - near_reference_.size());
    if (rules_.brain_domain)
      domain_.add(recoded(prediction().voxels, in_prediction_),
                  recoded(reference_.labels.voxels, in_reference_), brain_);
    check_codes(regions_, present(counts_, codes_, true), present(counts_, codes_, false));
  }

  /// The box that holds all voxels but background, which is most of a scan.
  void cut_to_content() {
    const Labels& reference = reference_.labels;
    const auto& size = reference.grid.size;
    Box box{{0, 0, 0}, size};
    if (in_reference_[0] == 0 && in_prediction_[0] == 0)
      box = voxels::around(voxels::bounding_box(size, reference.voxels),
                           voxels::bounding_box(size, prediction().voxels));
    near_size_ = box.size;
    near_reference_ = recoded(voxels::cut(size, reference.voxels, box), in_reference_);
    near_prediction_ = recoded(voxels::cut(size, prediction().voxels, box), in_prediction_);
  }

  RegionScores score_region(const Region& region) const {
    throw_if_stopped();
    const auto members = members_of(region);
    RegionMeasures evidence{
        counts_.region(members), {}, nullptr, grid().voxel_volume_ml(), rules_.percentile_rule};
    evidence.domain = rules_.brain_domain ? domain_.region(members) : evidence.counts;

    const auto status = metrics::status_of(evidence.counts);
    const bool measured = rules_.needs(Needs::distances) && status == metrics::Status::normal;
    const bool judged = rules_.needs(Needs::probability) && found_.has_probability;
    const bool filtered = filtering_ && !found_.lacks_brain;
    std::optional<metrics::SurfaceDistances> distances;
    RegionScores scores;
    if (measured) {
      distances = metrics::surface_distances(near_size_, mask_of(near_prediction_, members),
                                             mask_of(near_reference_, members), grid().spacing_mm);
      evidence.distances = &*distances;
    }
    if (judged || filtered) {
      const auto reference_mask = mask_of(reference_.labels.voxels, members, &in_reference_);
      if (judged) {
        scores.probability = count_probabilities(predicted_.source, region, reference_mask);
        scores.at_thresholds = scores.probability->at_thresholds(metrics::default_thresholds());
      }
      if (filtered)
        scores.curve =
            curve(region, mask_of(prediction().voxels, members, &in_prediction_), reference_mask);
    }
    if (rules_.uncertainty && found_.missing)
      scores.curve = metrics::worst_curve(rules_.uncertainty_thresholds);
    fill_values(scores, evidence, status);
    return scores;
  }

  void fill_values(RegionScores& scores, const RegionMeasures& evidence,
                   metrics::Status status) const {
    metrics::UncertaintyScores areas{nan, nan, nan, nan};
    if (!scores.curve.empty())
      areas = metrics::uncertainty_scores(scores.curve, rules_.uncertainty_form);
    for (const ScoreRow* row : rules_.scores) {
      if (row->needs == Needs::uncertainty)
        scores.values.push_back({area(row->name, areas), status});
      else if (row->needs != Needs::probability)
        scores.values.push_back(score(*row, evidence, rules_, found_.penalty_mm));
      else if (row->name == "ap" && scores.probability)
        scores.values.push_back({scores.probability->average_precision(), status});
      else
        scores.values.push_back({});  // dice_best: its threshold follows from all cases
    }
  }

  /// Empty where the region has no map.
  std::vector<metrics::FilteredPoint> curve(const Region& region,
                                            const std::vector<uint8_t>& prediction_mask,
                                            const std::vector<uint8_t>& reference_mask) const {
    try {
      const auto map =
          maps_.of(region, regions_.regions.size() == 1, grid(), rules_.ignore_geometry);
      if (!map) return {};
      return metrics::filter_by_uncertainty(*map, prediction_mask, reference_mask, brain_,
                                            rules_.uncertainty_thresholds,
                                            metrics::kept_by(rules_.uncertainty_form));
    } catch (const DataError& error) {
      throw DataError("region {}: {}", region.name, error.what());
    }
  }

  std::vector<int> members_of(const Region& region) const {
    std::vector<int> members;
    for (size_t i = 0; i < codes_.size(); ++i)
      if (std::find(region.codes.begin(), region.codes.end(), codes_[i]) != region.codes.end())
        members.push_back(static_cast<int>(i));
    return members;
  }

  const Grid& grid() const { return reference_.labels.grid; }
  const Labels& prediction() const { return predicted_.map.labels; }

  const Pair& pair_;
  const RegionSet& regions_;
  const Rules& rules_;
  PredictedMap predicted_;
  UncertaintyMaps maps_;  // refers to predicted_
  LabelMap reference_;
  bool filtering_ = false;
  std::vector<uint8_t> brain_;
  std::vector<int> codes_{0};  // of both maps
  Indices in_reference_{}, in_prediction_{};
  std::array<int64_t, 3> near_size_{};
  std::vector<uint8_t> near_reference_, near_prediction_;  // indices into codes_, in the box
  metrics::ClassCounts counts_{1}, domain_{1};
  CaseScores found_;
};

}  // namespace

bool Rules::needs(Needs what) const {
  return std::any_of(scores.begin(), scores.end(),
                     [what](const ScoreRow* row) { return row->needs == what; });
}

Value score(const ScoreRow& row, const RegionMeasures& evidence, const Rules& rules,
            double penalty_mm) {
  const auto status = metrics::status_of(evidence.counts);
  const auto fixed = metrics::value_when_empty(rules.empty, row.kind, status, penalty_mm);
  return {fixed ? *fixed : row.value(evidence), status};
}

CaseScores score_case(const Pair& pair, const RegionSet& regions, const Rules& rules) {
  try {
    return CaseScorer(pair, regions, rules).scores();
  } catch (const DataError& error) {
    throw DataError("case {}: {}", pair.id, error.what());
  }
}

}  // namespace kdseg::scoring
