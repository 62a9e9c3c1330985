// The catalogs of what training can be put together from, as plain rows.
#pragma once
#include <string>
#include <vector>

#include "base/parameters.h"

namespace kdseg::train {

struct CatalogEntry {
  std::string name, summary, source;
  std::vector<Parameter> parameters;
};

std::vector<CatalogEntry> network_catalog();
std::vector<CatalogEntry> discriminator_catalog();
std::vector<CatalogEntry> term_catalog();  ///< parameters with `weight`, which every term has
std::vector<CatalogEntry> procedure_catalog();

/// Keys of the section [adversary]: its own, and those of every discriminator.
std::vector<Parameter> adversary_keys();
/// Keys of the section [augment].
std::vector<Parameter> augment_keys();

/// A kind of section whose names are free.
struct SectionKeys {
  std::string kind, help;
  std::vector<Parameter> keys;
};
/// [supervise.NAME] and what else the procedure mutual is told by.
SectionKeys supervise_keys(), distil_keys(), average_keys(), candidate_keys(), frozen_keys();
SectionKeys stream_keys(), optimizer_keys();
/// [translation], [generator] and [discriminator], which have no names.
SectionKeys translation_keys(), generator_keys(), discriminator_keys();
std::vector<std::string> optimizer_names();

/// A catalog as text: one row per entry, below it each parameter with its default and meaning.
/// `kind` is terms, networks (discriminators among them) or procedures.
std::string listed(const std::string& kind);

}  // namespace kdseg::train
