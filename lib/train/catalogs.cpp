#include "train/catalogs.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "data/augment/augment.h"
#include "losses/objective.h"
#include "methods/adversary.h"
#include "methods/mutual_sections.h"
#include "methods/procedures.h"
#include "methods/translation.h"
#include "models/catalog.h"
#include "train/regimen.h"
#include "train/streams.h"
#include "train/teacher.h"
#include "train/translation.h"

namespace kdseg::train {
namespace {

template <class Row>
std::vector<CatalogEntry> entries(const std::vector<Row>& rows) {
  std::vector<CatalogEntry> made;
  for (const auto& row : rows) made.push_back({row.name, row.summary, row.source, row.parameters});
  return made;
}

std::vector<Parameter> in_full(std::span<const Parameter> rows) {
  return {rows.begin(), rows.end()};
}

std::string text_of(const CatalogEntry& entry) {
  std::string text = fmt::format("{}: {}\n", entry.name, entry.summary);
  if (!entry.source.empty()) text += fmt::format("    source: {}\n", entry.source);
  for (const auto& p : entry.parameters) {
    text += fmt::format("    {} = {}: {}", p.name, p.initial, p.help);
    if (!p.choices.empty()) text += fmt::format(" ({})", join(p.choices, "|"));
    text += "\n";
  }
  return text;
}

}  // namespace

std::vector<CatalogEntry> network_catalog() { return entries(models::networks()); }
std::vector<CatalogEntry> discriminator_catalog() { return entries(models::discriminators()); }
std::vector<CatalogEntry> procedure_catalog() { return entries(methods::procedures()); }

std::vector<CatalogEntry> term_catalog() {
  auto rows = entries(losses::terms());
  for (auto& row : rows)
    row.parameters.insert(
        row.parameters.begin(),
        {"weight", Parameter::Kind::number, "1", "factor of this term in the sum", 0.0, 1e12, {}});
  return rows;
}

std::vector<Parameter> adversary_keys() {
  const auto own = methods::adversary_parameters();
  std::vector<Parameter> keys(own.begin(), own.end());
  for (const auto& row : models::discriminators())
    for (const auto& p : row.parameters)
      if (std::none_of(keys.begin(), keys.end(), [&](const auto& k) { return k.name == p.name; }))
        keys.push_back(p);
  return keys;
}

std::vector<Parameter> augment_keys() {
  const auto keys = data::augment_parameters();
  return {keys.begin(), keys.end()};
}

SectionKeys supervise_keys() {
  return {"supervise", "mutual: a network learns from labels",
          in_full(methods::supervise_parameters())};
}
SectionKeys distil_keys() {
  return {"distil", "mutual: a network learns from another", in_full(methods::distil_parameters())};
}
SectionKeys average_keys() {
  return {"average", "mutual: a network whose parameters are another's average over the run",
          in_full(methods::average_parameters())};
}
SectionKeys candidate_keys() {
  return {"candidate",
          "mutual: a mean of networks that is validated, selected and written; every network is "
          "one by itself",
          in_full(methods::candidate_parameters())};
}
SectionKeys frozen_keys() {
  return {"frozen", "mutual: a network that does not learn", in_full(frozen_parameters())};
}
SectionKeys stream_keys() {
  return {"stream", "a source of batches; none: one, `cases`, as the run's own settings say",
          in_full(stream_parameters())};
}
SectionKeys optimizer_keys() {
  return {"optimizer",
          "how the parameters of the network NAME move; what is left open is as told "
          "for the run",
          in_full(optimizer_parameters())};
}

SectionKeys translation_keys() {
  return {"translation", "how images of two streams are translated into each other's",
          in_full(methods::translation_parameters())};
}
SectionKeys generator_keys() {
  return {"generator", "both networks that make images", generator_parameters()};
}
SectionKeys discriminator_keys() {
  return {"discriminator", "both networks that tell made images from real ones",
          discriminator_parameters()};
}

std::vector<std::string> optimizer_names() {
  std::vector<std::string> names;
  for (const auto& row : optim::optimizers()) names.push_back(row.name);
  return names;
}

std::string listed(const std::string& kind) {
  std::vector<CatalogEntry> rows;
  if (kind == "terms") rows = term_catalog();
  if (kind == "procedures") rows = procedure_catalog();
  if (kind == "networks") {
    rows = network_catalog();
    for (auto& row : discriminator_catalog()) rows.push_back(std::move(row));
  }
  std::string text;
  for (const auto& row : rows) text += text_of(row);
  return text;
}

}  // namespace kdseg::train
