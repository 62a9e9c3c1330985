#include "labeling/sample_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/errors.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "infer/mc_dropout.h"
#include "labeling/case_run.h"
#include "tensor/device.h"

namespace kdseg::labeling {
namespace {

namespace fs = std::filesystem;

const std::string class_entropy = "class-entropy", mutual_information = "mutual-information";

bool wants(const SamplingSettings& s, const std::string& map) {
  return std::find(s.maps.begin(), s.maps.end(), map) != s.maps.end();
}

void check_sampling(const LabelSettings& s, const SamplingSettings& sampling) {
  const std::vector<std::string> known{class_entropy, mutual_information};
  if (s.models.size() > 1)
    throw UsageError("--model: expected one network, found {}", s.models.size());
  for (const auto& map : sampling.maps)
    if (std::find(known.begin(), known.end(), map) == known.end())
      throw UsageError("--maps: no map '{}'{}", map, did_you_mean(map, known));
}

infer::SampleOptions options_of(const LabelSettings& s, const SamplingSettings& sampling) {
  infer::SampleOptions options;
  options.samples = sampling.samples;
  options.seed = s.tensor.seed;
  options.at_once = sampling.at_once;
  options.entropy =
      sampling.entropy == "multiclass" ? infer::Entropy::multiclass : infer::Entropy::region_binary;
  options.deterministic_label = sampling.label_from == "deterministic";
  options.class_entropy = wants(sampling, class_entropy);
  options.mutual_information = wants(sampling, mutual_information);
  return options;
}

/// The set's own range makes sense of many cases only; a single one is its own set.
bool by_set(const LabelSettings& s, const SamplingSettings& sampling) {
  return sampling.normalize == "minmax-set" && s.output.empty();
}

Task task_of(const LabelSettings& s, const SamplingSettings& sampling) {
  Task task;
  task.program = "mcdropout";
  task.settings = fmt::format("{} {} {} {} {}\n", sampling.samples, s.tensor.seed, sampling.entropy,
                              sampling.normalize, sampling.label_from);
  task.maps = {"uncertainty"};
  for (const auto& map : {class_entropy, mutual_information})
    if (wants(sampling, map)) {
      task.maps.push_back(map);
      task.settings += map + "\n";
    }
  task.check = [](const Networks& networks) {
    for (const auto& member : networks.members) {
      member.require_segmentation();
      infer::require_dropout(member);
    }
  };
  const bool by_case = sampling.normalize != "theory" && !by_set(s, sampling);
  task.predict = [by_case, options = options_of(s, sampling)](
                     const std::vector<infer::Member>& members, const Volume& volume,
                     const infer::PredictOptions& predict) {
    auto prediction = infer::predict_with_dropout(members, volume, predict, options);
    if (by_case)
      infer::stretch(*prediction.uncertainty, infer::value_ranges(*prediction.uncertainty));
    return prediction;
  };
  return task;
}

/// The range of uncertainties over the predictions of all cases, by region.
std::map<std::string, infer::ValueRange> range_of_set(const Outputs& made, size_t cases) {
  std::map<std::string, infer::ValueRange> all;
  for (size_t i = 0; i < cases; ++i) {
    throw_if_stopped();
    const Image uncertainty = *io::read_prediction(made.file(i), false).uncertainty;
    const auto ranges = infer::value_ranges(uncertainty);
    for (size_t r = 0; r < ranges.size(); ++r) {
      const auto [known, first] = all.try_emplace(uncertainty.channels[r], ranges[r]);
      known->second.low = std::min(known->second.low, ranges[r].low);
      known->second.high = std::max(known->second.high, ranges[r].high);
    }
  }
  return all;
}

/// Samples into a folder of its own, then scales by the range of all cases.
void sample_set(const LabelSettings& settings, const CaseRun& cases) {
  LabelSettings beside = settings;
  beside.output_dir = (fs::path(settings.output_dir) / "unscaled").string();
  beside.nifti = false;
  Outputs unscaled = cases.outputs(beside);
  std::string set;  // a scaled prediction depends on all cases
  for (const auto& listed : cases.cases()) set += unscaled.key_of(listed) + "\n";
  Outputs scaled = cases.outputs(settings, set);
  scaled.plan(cases.cases());
  if (scaled.kept() < static_cast<int64_t>(cases.cases().size())) {
    unscaled.plan(cases.cases());
    cases.predict_all(unscaled);
    const auto ranges = range_of_set(unscaled, cases.cases().size());
    for (size_t i = 0; i < cases.cases().size(); ++i) {
      if (scaled.finished(i)) continue;
      throw_if_stopped();
      io::Prediction prediction = io::read_prediction(unscaled.file(i));
      std::vector<infer::ValueRange> own;
      for (const auto& region : prediction.uncertainty->channels) own.push_back(ranges.at(region));
      infer::stretch(*prediction.uncertainty, own);
      const auto& listed = cases.cases()[i];
      scaled.write(i, listed, prediction, cases.provenance_of(listed));
    }
  }
  std::error_code ignored;
  fs::remove_all(beside.output_dir, ignored);
  cases.report(scaled.finish());
}

}  // namespace

void sample_cases(const LabelSettings& settings, const SamplingSettings& sampling,
                  const RunContext& run) {
  check_options(settings, true);
  check_sampling(settings, sampling);
  const CaseRun cases(settings, run, task_of(settings, sampling));
  if (by_set(settings, sampling)) return sample_set(settings, cases);
  Outputs outputs = cases.outputs(settings);
  outputs.plan(cases.cases());
  cases.predict_all(outputs);
  cases.report(outputs.finish());
}

std::string describe_sampling(const LabelSettings& settings, const SamplingSettings& sampling,
                              int threads) {
  if (settings.models.empty()) throw UsageError("--model is required; see --help");
  check_sampling(settings, sampling);
  const at::Device device = tensor::configure(settings.tensor, threads);
  const Networks networks = load_networks(settings, device);
  for (const auto& member : networks.members) infer::require_dropout(member);
  return describe_networks(networks, device) +
         fmt::format(
             "{:<12} {} passes with dropout; what lies before the first dropout runs once\n",
             "samples", sampling.samples);
}

}  // namespace kdseg::labeling
