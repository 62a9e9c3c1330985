#include "train/network.h"

#include <c10/core/GradMode.h>
#include <fmt/ranges.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <cmath>

#include "base/errors.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"
#include "models/catalog.h"
#include "models/checkpoint.h"

namespace kdseg::train {
namespace {

Head image_head(const std::vector<std::string>& made) {
  Head head;
  head.kind = Head::Kind::image;
  for (const auto& name : made) head.names.push_back("synthetic-" + name);
  head.classes_of.resize(made.size());
  return head;
}

Head region_head(const TrainingCases& cases) {
  Head head;
  head.kind = Head::Kind::sigmoid;
  head.codes = cases.classes.codes;
  for (const auto& region : cases.regions) {
    head.names.push_back(region.name);
    auto& members = head.classes_of.emplace_back();
    for (const int code : region.codes)
      for (size_t c = 0; c < head.codes.size(); ++c)
        if (head.codes[c] == code) members.push_back(static_cast<int>(c));
  }
  return head;
}

/// The width a section asks for, or its row's default.
template <class Row>
int64_t width_of(const std::vector<Row>& rows, const std::string& name, const Section& section) {
  std::string width = "1";
  for (const auto& row : rows)
    if (row.name == name)
      for (const auto& p : row.parameters)
        if (p.name == "width") width = p.initial;
  for (const auto& s : section.settings)
    if (s.key == "width") width = s.value;
  return parse_integer(width).value_or(1);  // what is no number is reported where rows are built
}

}  // namespace

std::vector<NamedSection> network_sections(const LearningSettings& settings,
                                           const std::string& sole) {
  std::vector<NamedSection> made;
  for (const auto& section : settings.networks) {
    NamedSection one{section.name, section};
    bool named = false;
    std::erase_if(one.section.settings, [&](const Setting& s) {
      if (s.key != "kind") return false;
      one.section.name = s.value;
      return named = true;
    });
    if (!named && settings.networks.size() == 1) one.name = sole;
    made.push_back(std::move(one));
  }
  if (made.empty()) made.push_back({sole, {"network", "had-net-unet", "", {}}});
  return made;
}

Section network_section(const LearningSettings& settings) {
  if (settings.networks.size() > 1)
    throw UsageError("{}: [network.{}] and [network.{}], expected one network",
                     settings.networks[1].where, settings.networks[0].name,
                     settings.networks[1].name);
  return network_sections(settings).front().section;
}

Head head_of(const LearningSettings& settings, const TrainingCases& cases) {
  if (!settings.synthesize.empty()) return image_head(settings.synthesize);
  if (settings.head == "classes") return softmax_head(cases.classes);
  const bool fits =
      !settings.terms.empty() &&
      std::none_of(settings.terms.begin(), settings.terms.end(), [](const Section& t) {
        return t.name.substr(0, t.name.find(':')) == "cross-entropy";
      });
  if (!fits)
    throw UsageError(
        "--head regions: the term cross-entropy needs exclusive classes; use [term.dice] and "
        "[term.binary-cross-entropy]");
  return region_head(cases);
}

Section settled_network(const Section& section, const Head& head,
                        const std::array<int64_t, 3>& input) {
  Section settled = section;
  const auto settle = [&](const std::string& key, const std::string& value) {
    for (const auto& row : models::networks()) {
      const auto declares = [&](const Parameter& p) { return p.name == key; };
      if (row.name != section.name ||
          std::none_of(row.parameters.begin(), row.parameters.end(), declares))
        continue;
      for (const auto& s : section.settings) {
        if (s.key != key) continue;
        if (key == "head" && s.value != value)
          throw UsageError("{}: head is {}, the training's is {}; see --head", s.where, s.value,
                           value);
        return;
      }
      settled.settings.push_back({key, value, "training"});
    }
  };
  settle("head", head.kind == Head::Kind::sigmoid ? "regions" : "classes");
  settle("image-size", fmt::format("{} {} {}", input[0], input[1], input[2]));
  return settled;
}

void copy_frozen(models::Model& network, const models::Model& teacher,
                 const std::vector<std::string>& parts) {
  const c10::NoGradGuard no_grad;
  const auto given = teacher.network->module().named_parameters();
  for (const auto& part : parts) {
    bool found = false;
    for (const auto& item : network.network->module().named_parameters()) {
      if (!item.key().starts_with(part + ".")) continue;
      found = true;
      const at::Tensor* source = given.find(item.key());
      if (!source || source->sizes() != item.value().sizes())
        throw DataError("copy-from-teacher {}: the teacher's {} is {}, expected [{}]", part,
                        item.key(),
                        source ? fmt::format("[{}]", fmt::join(source->sizes(), ", ")) : "absent",
                        fmt::join(item.value().sizes(), ", "));
      at::Tensor target = item.value();
      target.copy_(*source);
      target.set_requires_grad(false);
    }
    if (found) continue;
    std::vector<std::string> names;
    for (const auto& child : network.network->module().named_children())
      names.push_back(child.key());
    throw UsageError("copy-from-teacher: {} has no part '{}'{}", network.section.name, part,
                     did_you_mean(part, names));
  }
}

models::Model make_model(const LearningSettings& settings, const TrainingCases& cases,
                         const NamedSection& section, const prepare::Recipe& recipe,
                         const std::vector<std::string>& channels, uint64_t seed) {
  const TrainingSettings& t = settings.training;
  const Stream& stream = cases.predicting().stream;
  models::Model model;
  model.contract.channels = channels;
  model.contract.recipe_id = recipe.id();
  model.contract.recipe_ini = recipe.ini();
  model.contract.head = head_of(settings, cases);
  model.contract.regions = cases.regions;
  if (stream.unit == data::Unit::patch) {
    model.contract.tiling.kind = Tiling::Kind::window;
    std::copy_n(stream.patch.begin(), 3, model.contract.tiling.size.begin());
  } else if (stream.unit == data::Unit::slice) {
    model.contract.tiling.kind = Tiling::Kind::slices;
  }
  model.network =
      models::make_network(section.section, static_cast<int64_t>(model.contract.channels.size()),
                           model.contract.head.channels(), t.width, &model.section);
  models::initialize(*model.network, seed);
  if (t.init.empty()) return model;
  const bool several = settings.networks.size() > 1;
  models::load_parameters(t.init, model,
                          several && t.init_network.empty() ? section.name : t.init_network);
  const Contract start = io::read_checkpoint(t.init).contract;
  if (start.recipe_id != recipe.id())
    log::warning("{} was trained with recipe {}, this run prepares by {}", t.init, start.recipe_id,
                 recipe.id());
  return model;
}

uint64_t initial_seed(uint64_t seed, const std::string& name) {
  Random random(seed, 0, "init/" + name);
  const uint64_t high = random.bits();
  return (high << 32) | random.bits();
}

Section settled_adversary(const Section& section, const LearningSettings& settings) {
  const int64_t width = settings.training.width;
  if (section.kind.empty() || width == 0) return section;
  const Section network = network_section(settings);
  std::string name = "hierarchical-discriminator";
  for (const auto& s : section.settings)
    if (s.key == "network") name = s.value;
  const auto published = static_cast<double>(width_of(models::networks(), network.name, network));
  const auto own = static_cast<double>(width_of(models::discriminators(), name, section));
  const auto scaled = std::max<int64_t>(
      1, std::llround(own * static_cast<double>(width) / std::max(1.0, published)));
  Section settled = section;
  settled.settings.push_back({"width", std::to_string(scaled), "--width"});
  return settled;
}

void require_unit(const models::Network& network, const std::string& name, const Stream& stream) {
  const bool plane = network.dimensions() == 2;
  if (plane == (stream.unit == data::Unit::slice)) return;
  throw UsageError("[stream.{}]: network '{}' takes {}; expected {}", stream.name, name,
                   plane ? "slices" : "volumes",
                   plane ? "unit = slice" : "unit = volume, or patch");
}

void require_size(const models::Network& network, const std::array<int64_t, 3>& size,
                  const std::string& where) {
  const int64_t multiple = network.size_multiple(), least = network.minimum_size();
  const auto fits = [&](int64_t side) { return side % multiple == 0 && side >= least; };
  const bool slices = network.dimensions() == 2;
  if (fits(size[0]) && fits(size[1]) && (slices || fits(size[2]))) return;
  throw DataError(
      "{}: {}x{}x{} voxels, the network takes multiples of {} from {}{}; see size and "
      "size-multiple in the recipe, or the size of the patches",
      where, size[0], size[1], size[2], multiple, least, slices ? " in x and y" : "");
}

}  // namespace kdseg::train
