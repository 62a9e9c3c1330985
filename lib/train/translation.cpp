#include "train/translation.h"

#include <torch/nn/module.h>

#include <algorithm>
#include <map>

#include "base/errors.h"
#include "base/text.h"
#include "methods/mutual_sections.h"
#include "methods/translation.h"
#include "models/catalog.h"
#include "train/network.h"
#include "train/regimen.h"

namespace kdseg::train {
namespace {

constexpr const char *generator_row = "resnet-generator", *discriminator_row = "patch-gan";

template <class Row>
std::vector<Parameter> parameters_of(const std::vector<Row>& rows, const char* name) {
  for (const auto& row : rows)
    if (row.name == name) return row.parameters;
  throw std::logic_error(name);
}

/// The section as the catalog of networks names it.
Section row_of(const Section& section, const char* name) {
  return {"network", name, section.where, section.settings};
}

models::Model generator(const LearningSettings& settings, const StreamCases& from,
                        const StreamCases& to, const prepare::Recipe& recipe,
                        const std::string& name) {
  models::Model model;
  Contract& contract = model.contract;
  contract.channels = from.own_channels();
  contract.recipe_id = recipe.id();
  contract.recipe_ini = recipe.ini();
  contract.head.kind = Head::Kind::image;
  contract.head.names = to.own_channels();
  contract.head.classes_of.resize(contract.head.names.size());
  contract.tiling.kind = Tiling::Kind::slices;
  model.network = models::make_network(
      row_of(settings.generator, generator_row), static_cast<int64_t>(contract.channels.size()),
      static_cast<int64_t>(contract.head.names.size()), 0, &model.section);
  require_unit(*model.network, name, from.stream);
  models::initialize(*model.network, initial_seed(settings.tensor.seed, name));
  return model;
}

std::shared_ptr<models::Discriminator> discriminator(const LearningSettings& settings,
                                                     const StreamCases& judged) {
  const auto channels = static_cast<int64_t>(judged.own_channels().size());
  auto made = models::make_discriminator(row_of(settings.discriminator, discriminator_row),
                                         channels, channels);
  models::initialize(*made,
                     initial_seed(settings.tensor.seed, "discriminator-" + judged.stream.name));
  return made;
}

}  // namespace

std::vector<Parameter> generator_parameters() {
  return parameters_of(models::networks(), generator_row);
}

std::vector<Parameter> discriminator_parameters() {
  auto rows = parameters_of(models::discriminators(), discriminator_row);
  std::erase_if(rows, [](const Parameter& p) { return p.name == "dimensions"; });
  return rows;
}

bool translates(const Procedure& procedure) {
  return procedure.name == "unpaired" || procedure.name == "alignment";
}

std::string translator_file(const LearningSettings& settings) {
  return Parameters(methods::translation_parameters(), settings.translation).text("file");
}

Ends ends_of(const LearningSettings& settings, const std::vector<Stream>& streams) {
  if (streams.size() < 2)
    throw UsageError(
        "a translation is between two streams, there is {}; give [stream.NAME] sections with "
        "where = ..., one per kind of images",
        streams.empty() || settings.streams.empty() ? "none" : "only " + streams[0].name);
  const Parameters values(methods::translation_parameters(), settings.translation);
  Ends ends;
  if (const auto& from = values.text("from"); !from.empty())
    ends.from = stream_named(streams, from, "[translation]: from");
  if (const auto& to = values.text("to"); !to.empty())
    ends.to = stream_named(streams, to, "[translation]: to");
  if (ends.from == ends.to)
    throw UsageError("[translation]: from and to are both {}; expected two streams",
                     streams[ends.from].name);
  return ends;
}

void require_unpaired(const TrainingCases& cases, const Ends& ends) {
  std::map<std::string, std::string> known;
  const StreamCases &from = cases.streams[ends.from], &to = cases.streams[ends.to];
  for (const auto& row : from.training) known.emplace(cohort::patient_of(row), row.id);
  for (const auto& row : to.training)
    if (const auto found = known.find(cohort::patient_of(row)); found != known.end())
      throw DataError(
          "case {} of stream {} and case {} of stream {} are of one patient ({}); expected other "
          "people in each",
          found->second, from.stream.name, row.id, to.stream.name, cohort::patient_of(row));
}

methods::TranslationSetup make_translation(
    const LearningSettings& settings, const TrainingCases& cases, const FrozenNetworks& frozen,
    const std::vector<std::unique_ptr<prepare::Recipe>>& recipes, at::Device device) {
  const Ends ends = ends_of(settings, all_streams(cases));
  require_unpaired(cases, ends);
  const StreamCases &from = cases.streams[ends.from], &to = cases.streams[ends.to];
  methods::TranslationSetup t;
  t.from = from.stream.name;
  t.to = to.stream.name;
  t.section = settings.translation;
  t.there.name = methods::generator_name(t.from, t.to);
  t.back.name = methods::generator_name(t.to, t.from);
  if (frozen.translator) {
    t.there.model = frozen.translator->there;
    t.back.model = frozen.translator->back;
    return t;
  }
  t.there.model = generator(settings, from, to, *recipes[ends.from], t.there.name);
  t.back.model = generator(settings, to, from, *recipes[ends.to], t.back.name);
  t.there.regimen = t.back.regimen = regimen_of(settings, "generator");
  t.judging = regimen_of(settings, "discriminator");
  t.judge_of_to = discriminator(settings, to);
  t.judge_of_from = discriminator(settings, from);
  t.there.model.network->module().to(device);
  t.back.model.network->module().to(device);
  t.judge_of_to->module()->to(device);
  t.judge_of_from->module()->to(device);
  return t;
}

}  // namespace kdseg::train
