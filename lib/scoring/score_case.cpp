#include "scoring/score_case.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/errors.h"

namespace kdseg::scoring {
namespace {

std::string base_name(const std::string& path) {
  return path.empty() ? path : std::filesystem::path(path).filename().string();
}

/// Prediction and reference as indices into one list of codes, 0 the background.
struct Joint {
  std::vector<int> codes{0};
  Labels prediction, reference;
};

void recode(Labels& labels, const std::vector<int>& from, std::vector<int>& to) {
  std::array<uint8_t, 256> index{};
  for (size_t i = 0; i < from.size(); ++i) {
    auto found = std::find(to.begin(), to.end(), from[i]);
    if (found == to.end()) {
      if (to.size() == 256) throw DataError("more than 256 different label codes");
      found = to.insert(to.end(), from[i]);
    }
    index[i] = static_cast<uint8_t>(found - to.begin());
  }
  for (auto& voxel : labels.voxels) voxel = index[voxel];
}

void check_geometry(const Labels& prediction, const Labels& reference, bool ignore_geometry) {
  if (prediction.grid.size != reference.grid.size)
    throw DataError("the prediction has {}, the reference {}", describe(prediction.grid),
                    describe(reference.grid));
  if (!ignore_geometry && !same_grid(prediction.grid, reference.grid))
    throw DataError(
        "prediction ({}) and reference ({}) lie differently in space: spacing, origin or direction "
        "differ by more than 1e-3; --ignore-geometry compares voxel by voxel",
        describe(prediction.grid), describe(reference.grid));
}

void check_regions(const LabelMap& map, const RegionSet& regions) {
  if (regions.origin == "the files" && map.regions && map.regions->regions != regions.regions)
    throw DataError("{} names other regions than the first case; choose them with --regions",
                    map.file);
}

std::vector<uint8_t> mask_of(const Labels& labels, std::span<const int> members) {
  std::array<uint8_t, 256> inside{};
  for (const int member : members) inside[static_cast<size_t>(member)] = 1;
  std::vector<uint8_t> mask(labels.voxels.size());
  for (size_t i = 0; i < mask.size(); ++i) mask[i] = inside[labels.voxels[i]];
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

std::vector<uint8_t> brain_mask(const Pair& pair, const LabelMap& reference) {
  std::vector<uint8_t> brain = reference.brain;
  if (!pair.brain.empty()) {
    const auto mask = read_mask(pair.brain);
    if (mask.grid.size != reference.labels.grid.size)
      throw DataError("the brain mask has {}, the reference {}", describe(mask.grid),
                      describe(reference.labels.grid));
    brain = mask.voxels;
  }
  if (brain.empty())
    throw DataError(
        "--domain brain needs a brain mask: case volumes as references, or a brain column in "
        "--pairs");
  return brain;
}

metrics::ProbabilityCounts count_probabilities(const std::optional<io::Prediction>& prediction,
                                               const Region& region,
                                               const std::vector<uint8_t>& reference) {
  metrics::ProbabilityCounts counts;
  if (prediction) {
    counts.add(region_probability(*prediction, region), reference);
  } else {
    const auto positives =
        static_cast<uint64_t>(std::count(reference.begin(), reference.end(), uint8_t{1}));
    counts.add_zeros(positives, reference.size() - positives);
  }
  return counts;
}

CaseScores score_files(const Pair& pair, const RegionSet& regions, const Rules& rules) {
  LabelMap reference = read_label_map(pair.reference, rules.brain_domain && pair.brain.empty());
  PredictedMap predicted;
  if (pair.prediction.empty()) {
    predicted.map.codes = {0};
    predicted.map.labels = {reference.labels.grid,
                            std::vector<uint8_t>(reference.labels.voxels.size())};
  } else {
    predicted = read_predicted_map(pair.prediction, rules.needs(Needs::probability));
  }
  const auto &r_id = reference.case_id, &p_id = predicted.map.case_id;
  if (!r_id.empty() && !p_id.empty() && r_id != p_id)
    throw DataError("{} is a prediction of case {}, the reference is case {}", pair.prediction,
                    p_id, r_id);
  check_regions(reference, regions);
  check_regions(predicted.map, regions);
  check_geometry(predicted.map.labels, reference.labels, rules.ignore_geometry);

  CaseScores found;
  found.id = pair.id;
  found.prediction = base_name(pair.prediction);
  found.reference = base_name(pair.reference);
  found.missing = pair.prediction.empty();
  found.has_probability = found.missing || predicted.source.has_value();
  if (rules.probability_required && !found.has_probability)
    throw DataError("{}: no probabilities, which ap and dice_best need", pair.prediction);
  const Grid& grid = reference.labels.grid;
  found.penalty_mm = rules.diagonal_penalty
                         ? metrics::diagonal_mm(grid)
                         : metrics::penalty_mm(rules.empty, rules.penalty_mm, grid);

  Joint joint;
  recode(reference.labels, reference.codes, joint.codes);
  recode(predicted.map.labels, predicted.map.codes, joint.codes);
  const Labels &p = predicted.map.labels, &r = reference.labels;
  const int classes = static_cast<int>(joint.codes.size());
  metrics::ClassCounts counts(classes), domain(classes);
  counts.add(p.voxels, r.voxels);
  if (rules.brain_domain) domain.add(p.voxels, r.voxels, brain_mask(pair, reference));
  check_codes(regions, present(counts, joint.codes, true), present(counts, joint.codes, false));

  for (const Region& region : regions.regions) {
    std::vector<int> members;
    for (int i = 0; i < classes; ++i)
      if (std::find(region.codes.begin(), region.codes.end(),
                    joint.codes[static_cast<size_t>(i)]) != region.codes.end())
        members.push_back(i);
    Evidence evidence{
        counts.region(members), {}, nullptr, grid.voxel_volume_ml(), rules.percentile_rule};
    evidence.domain = rules.brain_domain ? domain.region(members) : evidence.counts;

    const auto status = metrics::status_of(evidence.counts);
    const bool measured = rules.needs(Needs::distances) && status == metrics::Status::normal;
    const bool judged = rules.needs(Needs::probability) && found.has_probability;
    std::optional<metrics::SurfaceDistances> distances;
    RegionScores scores;
    if (measured || judged) {
      const auto reference_mask = mask_of(r, members);
      if (measured) {
        distances = metrics::surface_distances(grid.size, mask_of(p, members), reference_mask,
                                               grid.spacing_mm);
        evidence.distances = &*distances;
      }
      if (judged) {
        scores.probability = count_probabilities(predicted.source, region, reference_mask);
        scores.at_thresholds = scores.probability->at_thresholds(metrics::default_thresholds());
      }
    }
    for (const ScoreRow* row : rules.scores) {
      if (row->needs != Needs::probability)
        scores.values.push_back(score(*row, evidence, rules, found.penalty_mm));
      else if (row->name == "ap" && judged)
        scores.values.push_back({scores.probability->average_precision(), status});
      else
        scores.values.push_back({});  // dice_best: its threshold follows from all cases
    }
    found.regions.push_back(std::move(scores));
  }
  return found;
}

}  // namespace

bool Rules::needs(Needs what) const {
  return std::any_of(scores.begin(), scores.end(),
                     [what](const ScoreRow* row) { return row->needs == what; });
}

Value score(const ScoreRow& row, const Evidence& evidence, const Rules& rules, double penalty_mm) {
  const auto status = metrics::status_of(evidence.counts);
  const auto fixed = metrics::value_when_empty(rules.empty, row.kind, status, penalty_mm);
  return {fixed ? *fixed : row.value(evidence), status};
}

CaseScores score_case(const Pair& pair, const RegionSet& regions, const Rules& rules) {
  try {
    return score_files(pair, regions, rules);
  } catch (const DataError& error) {
    throw DataError("case {}: {}", pair.id, error.what());
  }
}

}  // namespace kdseg::scoring
