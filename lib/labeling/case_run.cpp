#include "labeling/case_run.h"

#include <torch/version.h>

#include <algorithm>
#include <filesystem>
#include <future>

#include "base/errors.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/text.h"
#include "io/volume_file.h"
#include "tensor/device.h"

namespace kdseg::labeling {
namespace {

namespace fs = std::filesystem;

/// (network's channel, the input's name for it), from "t1ce=T1C".
std::vector<std::pair<std::string, std::string>> parse_names(
    const std::vector<std::string>& channels) {
  std::vector<std::pair<std::string, std::string>> names;
  for (const auto& text : channels) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
      throw UsageError("--channels {}: expected NAME=INPUT, as in t1ce=T1C", text);
    names.emplace_back(trim(text.substr(0, equals)), trim(text.substr(equals + 1)));
  }
  return names;
}

void rename_channels(Volume& volume,
                     const std::vector<std::pair<std::string, std::string>>& names) {
  auto& channels = volume.data.image.channels;
  const auto found = channels;
  for (const auto& [name, input] : names) {
    const auto at = std::find(found.begin(), found.end(), input);
    if (at == found.end())
      throw DataError("case {}: --channels {}={}: the volume has {}", volume.data.id, name, input,
                      join(found, ","));
    channels[static_cast<size_t>(at - found.begin())] = name;
  }
}

/// A scan under a name that no model knows is a misspelling.
void check_image_names(const LabelSettings& s, const Networks& networks) {
  auto known = useful_channels(networks);
  for (const auto& [name, input] : parse_names(s.channels)) known.push_back(input);
  for (const auto& text : s.from.images)
    for (const auto& image : intake::named_images(text))
      if (std::find(known.begin(), known.end(), image.channel) == known.end())
        throw UsageError("--image {}: no model has a channel '{}'{}", text, image.channel,
                         did_you_mean(image.channel, known));
}

/// Channels that are to be used, and networks that can leave the others out.
void check_available(const LabelSettings& s, const Networks& networks) {
  if (s.available.empty()) return;
  std::vector<std::string> known;
  for (const auto& member : networks.members) {
    const auto& channels = member.contract().channels;
    if (!member.network().takes_subsets())
      throw UsageError(
          "--available: the network of {}, {}, needs all of its channels ({}); expected one that "
          "takes subsets, such as u-hemis",
          member.name(), member.model().section.name, join(channels, ","));
    known.insert(known.end(), channels.begin(), channels.end());
  }
  for (const auto& name : s.available)
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw UsageError("--available {}: no model has a channel '{}'{}", join(s.available, ","),
                       name, did_you_mean(name, known));
}

intake::CaseList list_input(const LabelSettings& s) {
  if (s.input.empty()) {
    auto stem = fs::path(s.output).stem();
    if (stem.extension() == ".nii") stem = stem.stem();
    return intake::list_cases(s.from, s.output.empty() ? "case" : stem.string());
  }
  intake::CaseList list;
  intake::ListedCase listed;
  const Volume header = io::read_volume_header(s.input);
  listed.files.id = header.data.id;
  listed.files.stratum = header.data.stratum;
  listed.volume = s.input;
  list.cases.push_back(listed);
  return list;
}

}  // namespace

bool makes_volumes(const LabelSettings& settings, const Networks& networks) {
  return settings.annotate != "none" || make_channels(networks);
}

void check_options(const LabelSettings& s, bool maps) {
  if (s.models.empty()) throw UsageError("--model is required; see --help");
  if (s.input.empty())
    intake::check_case_options(s.from);
  else if (!s.from.images.empty() || !s.from.root.empty() || !s.from.selection.cases.empty())
    throw UsageError("--input, --image, --cases and --root are four ways; give one of them");
  check_output_options(s, maps);
  parse_names(s.channels);
}

CaseRun::CaseRun(const LabelSettings& settings, const RunContext& run, Task task)
    : s_(settings),
      run_(run),
      task_(std::move(task)),
      device_(tensor::configure(s_.tensor, run.threads)),
      networks_(load_networks(s_, device_)) {
  if (task_.check) task_.check(networks_);
  check_image_names(s_, networks_);
  check_available(s_, networks_);
  list_ = list_input(s_);
  for (const auto& listed : list_.cases)
    if (!listed.rejected.empty()) throw DataError("case {}: {}", listed.files.id, listed.rejected);
  if (!s_.output_dir.empty()) intake::refuse_inputs_in(s_.output_dir, list_, s_.from);
}

Outputs CaseRun::outputs(const LabelSettings& where, const std::string& extra) const {
  std::vector<std::string> ids;
  for (size_t m = 0; m < networks_.members.size(); ++m)
    ids.push_back(networks_.names[m].empty() ? networks_.file_ids[m]
                                             : networks_.file_ids[m] + ":" + networks_.names[m]);
  return {where, run_, {task_.program, ids, task_.settings + extra, task_.maps}};
}

void CaseRun::predict_all(Outputs& outputs) const {
  std::vector<size_t> open;
  for (size_t i = 0; i < cases().size(); ++i)
    if (!outputs.finished(i)) open.push_back(i);
  if (outputs.kept() > 0)
    log::info("{} of {} predictions kept from the interrupted run", outputs.kept(), cases().size());
  infer::PredictOptions options;
  options.device = device_;
  options.precision = s_.tensor.precision;
  options.memory_limit_gib = s_.tensor.memory_limit_gib;
  options.keep_probability = s_.probability || s_.annotate == "soft";
  options.weights = s_.weights == "plain"    ? infer::WindowWeights::plain
                    : s_.weights == "center" ? infer::WindowWeights::center
                                             : infer::WindowWeights::gaussian;
  options.available = s_.available;

  Progress progress(task_.program, static_cast<int64_t>(open.size()), "cases");
  const auto read = [this, &open](size_t k) {
    return std::async(std::launch::async, [this, i = open[k]] { return load(cases()[i]); });
  };
  std::future<Volume> next;
  if (!open.empty()) next = read(0);
  for (size_t k = 0; k < open.size(); ++k) {
    const Volume volume = next.get();
    throw_if_stopped();
    if (k + 1 < open.size()) next = read(k + 1);
    const auto& listed = cases()[open[k]];
    Made made = task_.predict(networks_.members, volume, options);
    if (auto* prediction = std::get_if<io::Prediction>(&made)) {
      prediction->checkpoint_ids = networks_.file_ids;
      prediction->networks = networks_.names;
    }
    const auto id = outputs.write(open[k], listed, made, provenance_of(listed));
    log::debug("case {}: content_sha256 {}", listed.files.id, id);
    progress.advance(1, listed.files.id);
  }
}

void CaseRun::report(const std::string& all) const {
  log::info("{}: {} {}, content_sha256 {}", s_.output.empty() ? s_.output_dir : s_.output,
            cases().size(), makes_volumes(s_, networks_) ? "volumes" : "predictions", all);
}

Volume CaseRun::load(const intake::ListedCase& listed) const {
  Volume volume = intake::load_case(listed, list_.meaning ? &*list_.meaning : nullptr);
  rename_channels(volume, parse_names(s_.channels));
  return volume;
}

Provenance CaseRun::provenance_of(const intake::ListedCase& listed) const {
  Provenance provenance = run_.provenance;
  provenance.device = tensor::describe(device_);
  provenance.seed = s_.tensor.seed;
  provenance.libraries.emplace_back("LibTorch", TORCH_VERSION);
  provenance.inputs = s_.models;
  for (const auto& file : intake::input_files(listed)) provenance.inputs.push_back(file);
  return provenance;
}

}  // namespace kdseg::labeling
