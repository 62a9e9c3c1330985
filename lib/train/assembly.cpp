#include "train/assembly.h"

#include <torch/nn/module.h>

#include <algorithm>

#include "base/errors.h"
#include "base/names.h"
#include "base/text.h"
#include "cohort/label_source.h"
#include "methods/procedures.h"
#include "tensor/device.h"
#include "train/class_weights.h"
#include "train/network.h"
#include "train/regimen.h"
#include "train/setting_checks.h"
#include "train/translation.h"

namespace kdseg::train {
namespace {

bool all_cases_have(const StreamCases& cases, const std::string& channel) {
  return std::all_of(cases.channels_of.begin(), cases.channels_of.end(),
                     [&](const auto& channels) { return holds(channels, channel); });
}

/// Of the cases' labels; empty where all are 1.
std::vector<double> weights_of(const std::vector<cohort::Row>& rows) {
  std::vector<double> weights;
  for (const auto& row : rows) weights.push_back(cohort::weight_of(row));
  const bool alike = std::all_of(weights.begin(), weights.end(), [](double w) { return w == 1; });
  return alike ? std::vector<double>() : weights;
}

/// Networks of one run start from numbers of their own; a sole one from the seed itself.
uint64_t seed_of(const LearningSettings& settings, const std::string& name) {
  return settings.networks.size() < 2 ? settings.tensor.seed
                                      : initial_seed(settings.tensor.seed, name);
}

std::string patches_of(const LearningSettings& settings, const Stream& stream) {
  return settings.streams.empty() ? "--patch" : fmt::format("[stream.{}]: patch", stream.name);
}

/// Loads cases from which patches of this size can be cut. \throws DataError  naming a case that is
/// smaller: a patch would reach beyond it on both sides, always the same one
data::CaseStore::Load holding_patches(data::CaseStore::Load load, std::vector<int64_t> patch,
                                      std::string where) {
  return [load = std::move(load), patch = std::move(patch), where = std::move(where)](int64_t i) {
    Volume volume = load(i);
    const auto& size = volume.data.image.grid.size;
    for (size_t axis = 0; axis < patch.size(); ++axis)
      if (patch[axis] > size[axis])
        throw DataError(
            "case {}: {}x{}x{} voxels as prepared, {} is larger along {}: {}; expected patches "
            "that lie in the volume, see also least-size and padding in the recipe",
            volume.data.id, size[0], size[1], size[2], where, "xyz"[axis], patch[axis]);
    return volume;
  };
}

}  // namespace

std::vector<std::string> loaded_channels(const LearningSettings& settings, const StreamCases& cases,
                                         const FrozenNetworks& frozen) {
  const auto own = cases.own_channels();
  require_channels(cases, own,
                   settings.streams.empty() ? "the network" : "stream " + cases.stream.name);
  std::vector<std::string> channels;
  const auto add = [&](const std::vector<std::string>& names) {
    for (const auto& name : names)
      if (!holds(channels, name) && all_cases_have(cases, name)) channels.push_back(name);
  };
  // A teacher's images come first where it is alone: its order is the volumes'.
  if (frozen.teacher() && settings.streams.empty()) add(frozen.teacher()->contract.channels);
  add(own);
  for (const auto& one : frozen.networks) add(one.model.contract.channels);
  require_channels(cases, settings.synthesize, "--synthesize");
  for (const auto& name : settings.synthesize) {
    if (holds(channels, name))
      throw UsageError(
          "--synthesize {}: the network sees that channel (or makes it twice); expected one that "
          "is not among --channels {}",
          name, join(channels, ","));
    channels.push_back(name);
  }
  return channels;
}

Assembly::Assembly(const LearningSettings& settings, const Procedure& procedure,
                   TrainingCases& cases, const FrozenNetworks& frozen, at::Device device,
                   int threads, const std::optional<io::Tree>& saved)
    : s_(settings),
      procedure_(procedure),
      cases_(cases),
      frozen_(frozen),
      device_(device),
      threads_(threads) {
  open_recipes(saved);
  open_stores();
  if (!s_.networks.empty() || !translates(procedure_)) build_networks();
  if (translates(procedure_)) build_translation();
  build_method();
}

void Assembly::open_recipes(const std::optional<io::Tree>& saved) {
  const bool sole_teacher = frozen_.teacher() && s_.streams.empty();
  std::map<std::string, std::string> translated;  // recipes that a translator asks for, by stream
  if (frozen_.translator) {
    const Ends ends = ends_of(s_, all_streams(cases_));
    translated[cases_.streams[ends.from].stream.name] =
        frozen_.translator->there.contract.recipe_ini;
    translated[cases_.streams[ends.to].stream.name] = frozen_.translator->back.contract.recipe_ini;
  }
  for (const auto& part : cases_.streams) {
    const bool by_translator = translated.contains(part.stream.name);
    recipes_.push_back(
        saved ? std::make_unique<prepare::Recipe>(
                    prepare::Recipe::from_text(recipe_in(*saved, part.stream.name)))
        : by_translator
            ? open_recipe(part, frozen_.translator->file, translated.at(part.stream.name), threads_)
            : open_recipe(part, procedure_.teacher,
                          sole_teacher ? frozen_.teacher()->contract.recipe_ini : "", threads_));
  }
}

void Assembly::open_stores() {
  const auto budget = data::cache_budget(s_.training.cache, s_.tensor.memory_limit_gib);
  const auto store = [&](const std::vector<cohort::Row>& rows, size_t stream, bool labels,
                         bool training) {
    std::vector<std::string> ids;
    for (const auto& row : rows) ids.push_back(row.id);
    auto load = data::prepared_cases(rows, *recipes_[stream],
                                     loaded_channels(s_, cases_.streams[stream], frozen_),
                                     head_of(s_, cases_), labels);
    const Stream& drawn = cases_.streams[stream].stream;
    if (training && !drawn.patch.empty())
      load = holding_patches(std::move(load), drawn.patch, patches_of(s_, drawn));
    return std::make_unique<data::CaseStore>(ids, std::move(load), budget);
  };
  std::vector<methods::StreamView> streams;
  for (size_t i = 0; i < cases_.streams.size(); ++i) {
    const StreamCases& part = cases_.streams[i];
    const Stream& stream = part.stream;
    if (recipes_[i]->leaves_sizes() && stream.unit == data::Unit::volume)
      throw UsageError(
          "the recipe has size = any: give --patch x y z, or size = fit in the recipe to train on "
          "whole volumes");
    training_.push_back(store(part.training, i, stream.labels != data::LabelRule::none, true));
    items_.push_back(data::items_of(*training_.back(), stream.unit, threads_));
    // Predictions are of the first domain.
    const int64_t others = static_cast<int64_t>(i) + (i < cases_.predicted ? 1 : 0);
    streams.push_back({stream.name, part.own_channels(), i == cases_.predicted ? 0 : others});
  }
  setup_.streams = std::move(streams);
  validation_ = store(cases_.predicting().validation, cases_.predicted, true, false);
}

void Assembly::build_networks() {
  const auto& predicting = cases_.predicting();
  const bool several = trains_several(procedure_);
  if (!several) network_section(s_);
  const auto sections =
      network_sections(s_, procedure_.teacher.empty() || several ? "network" : "student");
  std::vector<std::string> names;
  for (const auto& section : sections) names.push_back(section.name);
  if (!translates(procedure_)) check_optimizer_names(s_, names);
  for (auto section : sections) {
    section.section =
        settled_network(section.section, head_of(s_, cases_), input_size(cases_.predicted));
    models::Model model = make_model(s_, cases_, section, *recipes_[cases_.predicted],
                                     predicting.own_channels(), seed_of(s_, section.name));
    for (size_t i = 0; i < cases_.streams.size(); ++i) {
      const auto& part = cases_.streams[i];
      require_unit(*model.network, section.section.name, part.stream);
      const std::string where =
          part.stream.patch.empty() ? "case " + training_[i]->id(0) : patches_of(s_, part.stream);
      require_size(*model.network, input_size(i), where);
    }
    model.network->module().to(device_);
    if (frozen_.teacher()) copy_frozen(model, *frozen_.teacher(), procedure_.copied);
    setup_.networks.push_back({section.name, std::move(model), regimen_of(s_, section.name)});
  }
  for (const auto& frozen : frozen_.networks)
    for (const auto& part : cases_.streams)
      require_unit(*frozen.model.network, frozen.name, part.stream);
  setup_.frozen = frozen_.networks;
}

void Assembly::build_translation() {
  std::vector<std::string> names{"generator", "discriminator"};
  for (const auto& section : network_sections(s_))
    if (!s_.networks.empty()) names.push_back(section.name);
  check_optimizer_names(s_, names);
  setup_.translation = make_translation(s_, cases_, frozen_, recipes_, device_);
  const auto& t = *setup_.translation;
  for (size_t i = 0; i < cases_.streams.size(); ++i) {
    const auto& stream = cases_.streams[i].stream;
    const methods::Trained* generator = stream.name == t.from ? &t.there
                                        : stream.name == t.to ? &t.back
                                                              : nullptr;
    if (!generator) continue;
    const std::string where = stream.patch.empty() ? "case " + training_[i]->id(0)
                                                   : fmt::format("[stream.{}]: patch", stream.name);
    const auto size = input_size(i);
    require_size(*generator->model.network, size, where);
    constexpr int64_t least = 32;  // of the discriminators' input
    if (t.judge_of_to && std::min(size[0], size[1]) < least)
      throw DataError("{}: {}x{} pixels, discriminators judge slices from {}x{}", where, size[0],
                      size[1], least, least);
  }
}

void Assembly::build_method() {
  setup_.made_channels = s_.synthesize;
  setup_.teacher_dropout = procedure_.teacher_dropout;
  setup_.subsets = s_.subsets == "uniform";
  setup_.terms = terms_of(s_);
  size_t labelled = 0;
  while (labelled + 1 < training_.size() &&
         cases_.streams[labelled].stream.labels == data::LabelRule::none)
    ++labelled;
  if (!setup_.networks.empty())
    fill_class_weights(setup_.terms, *training_[labelled],
                       setup_.networks.front().model.contract.head.channels(), threads_);
  setup_.in_turn = procedure_.kd_order == "alternate";
  setup_.supervise = s_.supervise;
  setup_.distil = s_.distil;
  setup_.averages = s_.averages;
  setup_.candidates = s_.candidates;
  if (!procedure_.adversary.kind.empty())
    setup_.adversary = settled_adversary(procedure_.adversary, s_);
  setup_.schedule = regimen_of(s_, "").schedule;
  setup_.device = device_;
  setup_.compute = tensor::compute_type(s_.tensor.precision);
  setup_.seed = s_.tensor.seed;
  method_ = methods::make_method(procedure_.name, setup_);
  const auto used = method_->streams();
  for (const auto& part : cases_.streams) {
    // What predictions are made on may be there for its recipe and channels alone.
    const bool predicted = &part == &cases_.predicting() && !s_.training.predict_on.empty();
    if (!holds(used, part.stream.name) && !predicted)
      throw UsageError(
          "[stream.{}]: nothing learns from it; name it in a [supervise.NAME] or "
          "[distil.NAME], or leave it out",
          part.stream.name);
  }
}

std::array<int64_t, 3> Assembly::input_size(size_t stream) const {
  const Stream& settings = cases_.streams[stream].stream;
  std::array<int64_t, 3> size{};
  if (settings.patch.size() < 3) size = training_[stream]->get(0)->data.image.grid.size;
  std::copy_n(settings.patch.begin(), settings.patch.size(), size.begin());
  if (settings.unit == data::Unit::slice) size[2] = 1;
  return size;
}

data::CaseStore& Assembly::training(const std::string& stream) {
  return *training_[stream_named(all_streams(cases_), stream, "stream")];
}

methods::Shapes Assembly::input_shapes() const {
  methods::Shapes shapes;
  for (size_t i = 0; i < cases_.streams.size(); ++i) {
    const Stream& stream = cases_.streams[i].stream;
    shapes[stream.name] = {input_size(i), stream.batch};
  }
  return shapes;
}

std::vector<Source> Assembly::sources() const {
  const size_t leading = stream_named(all_streams(cases_), s_.training.epoch_of, "--epoch-of");
  std::vector<Source> sources;
  for (size_t i = 0; i < cases_.streams.size(); ++i) {
    const Stream& stream = cases_.streams[i].stream;
    if (!holds(method_->streams(), stream.name)) continue;
    const bool bounded = i == leading && s_.training.epoch_iterations == 0;
    data::LoaderOptions loading;
    loading.augment = stream.augment;
    loading.mask_augmented = recipes_[i]->masks_augmented();
    loading.minimum_outside = recipes_[i]->minimum_outside();
    loading.unit = stream.unit;
    loading.patch = stream.patch;
    loading.labels = stream.labels;
    loading.classes_of = head_of(s_, cases_).classes_of;
    loading.weights = weights_of(cases_.streams[i].training);
    loading.workers = s_.training.workers;
    loading.pinned = device_.is_cuda();
    sources.push_back({stream.name, training_[i].get(), items_[i],
                       data::Sampler(s_.tensor.seed, items_[i].size(), stream.batch, stream.name,
                                     bounded ? data::Passes::bounded : data::Passes::endless),
                       loading});
  }
  return sources;
}

int64_t Assembly::iterations_per_epoch() const {
  if (s_.training.epoch_iterations > 0) return s_.training.epoch_iterations;
  const size_t leading = stream_named(all_streams(cases_), s_.training.epoch_of, "--epoch-of");
  const int64_t batch = cases_.streams[leading].stream.batch;
  return (items_[leading].size() + batch - 1) / batch;
}

std::map<std::string, std::string> Assembly::recipes() const {
  std::map<std::string, std::string> texts;
  for (size_t i = 0; i < recipes_.size(); ++i)
    texts[cases_.streams[i].stream.name] = recipes_[i]->ini();
  return texts;
}

}  // namespace kdseg::train
