#include "cli/options.h"

#include <algorithm>
#include <stdexcept>

#include "cli/declared.h"

namespace kdseg::cli {

Options::Options() : impl_(std::make_unique<Impl>()) {}
Options::~Options() = default;

Option* Options::Impl::find(const std::string& name) {
  const auto found =
      std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.name == name; });
  return found == options.end() ? nullptr : &*found;
}

const Option* Options::Impl::find(const std::string& name) const {
  return const_cast<Impl*>(this)->find(name);
}

Option& Options::Impl::add(std::string name, Kind kind, std::string help) {
  if (find(name)) throw std::logic_error("option '" + name + "' is declared twice");
  Option option;
  option.name = std::move(name);
  option.group = group;
  option.kind = kind;
  option.help = std::move(help);
  return options.emplace_back(std::move(option));
}

SectionKind& Options::Impl::add_section(std::string kind, std::string help) {
  for (const auto& other : sections)
    if (other.kind == kind) throw std::logic_error("section '" + kind + "' is declared twice");
  SectionKind section;
  section.kind = std::move(kind);
  section.help = std::move(help);
  return sections.emplace_back(std::move(section));
}

std::string SectionKind::row_name(const Section& section) const {
  if (naming == Naming::free) return {};
  if (naming == Naming::by_kind)
    for (const auto& setting : section.settings)
      if (setting.key == "kind") return setting.value;
  return section.name.substr(0, section.name.find(':'));
}

const CatalogRow* SectionKind::find(const Section& section) const {
  const std::string name = row_name(section);
  for (const auto& row : known)
    if (row.name == name) return &row;
  return nullptr;
}

std::vector<Parameter> SectionKind::keys_of(const CatalogRow& row, const Section& section) const {
  std::vector<Parameter> keys = row.parameters;
  const bool by_key = naming == Naming::by_kind && section.name != row.name;
  if (by_key)
    keys.insert(keys.begin(), {"kind", Parameter::Kind::text, "", "row of the catalog", 0, 0, {}});
  return keys;
}

std::vector<std::pair<std::string, std::vector<const Option*>>> Options::Impl::groups() const {
  std::vector<std::pair<std::string, std::vector<const Option*>>> all;
  for (const auto& option : options) {
    auto place = std::find_if(all.begin(), all.end(),
                              [&](const auto& group) { return group.first == option.group; });
    if (place == all.end()) place = all.insert(all.end(), {option.group, {}});
    place->second.push_back(&option);
  }
  return all;
}

std::vector<std::string> Options::Impl::names(Scope widest, const std::string& prefix) const {
  std::vector<std::string> all;
  for (const auto& o : options)
    if (o.scope <= widest) all.push_back(prefix + o.name);
  return all;
}

namespace {

template <class Field>
Option& bind(Options::Impl& impl, std::string name, Kind kind, Field& field, std::string help) {
  Option& option = impl.add(std::move(name), kind, std::move(help));
  option.field = &field;
  option.initial = option.values();
  return option;
}

}  // namespace

void Options::group(std::string title) { impl_->group = std::move(title); }

void Options::input(std::string name, std::string& field, std::string help) {
  bind(*impl_, std::move(name), Kind::input, field, std::move(help));
}
void Options::inputs(std::string name, std::vector<std::string>& field, std::string help) {
  bind(*impl_, std::move(name), Kind::inputs, field, std::move(help));
}
void Options::output(std::string name, std::string& field, std::string help) {
  bind(*impl_, std::move(name), Kind::output, field, std::move(help));
}
void Options::text(std::string name, std::string& field, std::string help) {
  bind(*impl_, std::move(name), Kind::text, field, std::move(help));
}
void Options::texts(std::string name, std::vector<std::string>& field, std::string help) {
  bind(*impl_, std::move(name), Kind::texts, field, std::move(help));
}
void Options::entries(std::string name, std::vector<std::string>& field, std::string help) {
  bind(*impl_, std::move(name), Kind::entries, field, std::move(help));
}
void Options::choice(std::string name, std::string& field, std::string help,
                     std::vector<std::string> words) {
  bind(*impl_, std::move(name), Kind::choice, field, std::move(help)).words = std::move(words);
}
void Options::number(std::string name, double& field, std::string help, Range range) {
  bind(*impl_, std::move(name), Kind::number, field, std::move(help)).range = range;
}
void Options::integer(std::string name, int64_t& field, std::string help, Range range) {
  bind(*impl_, std::move(name), Kind::integer, field, std::move(help)).range = range;
}
void Options::seed(std::string name, uint64_t& field, std::string help) {
  bind(*impl_, std::move(name), Kind::seed, field, std::move(help));
}
void Options::numbers(std::string name, std::vector<double>& field, std::string help, Range range,
                      size_t count) {
  Option& option = bind(*impl_, std::move(name), Kind::numbers, field, std::move(help));
  option.range = range;
  option.count = count;
}
void Options::integers(std::string name, std::vector<int64_t>& field, std::string help, Range range,
                       size_t count) {
  Option& option = bind(*impl_, std::move(name), Kind::integers, field, std::move(help));
  option.range = range;
  option.count = count;
}
void Options::toggle(std::string name, bool& field, std::string help) {
  bind(*impl_, std::move(name), Kind::toggle, field, std::move(help));
}

void Options::required(const std::string& name) {
  Option* option = impl_->find(name);
  if (!option) throw std::logic_error("required option '" + name + "' is not declared");
  option->required = true;
}

void Options::sections(std::string kind, std::vector<Section>& field, std::string help,
                       std::vector<std::string> known) {
  SectionKind& section = impl_->add_section(std::move(kind), std::move(help));
  section.rows = &field;
  for (auto& name : known) section.known.push_back({std::move(name), {}, {}});
}

void Options::rows(std::string kind, std::vector<Section>& field, std::string help,
                   std::vector<CatalogRow> known) {
  SectionKind& section = impl_->add_section(std::move(kind), std::move(help));
  section.rows = &field;
  section.known = std::move(known);
  section.checks_keys = true;
}

void Options::named_rows(std::string kind, std::vector<Section>& field, std::string help,
                         std::vector<CatalogRow> known) {
  rows(std::move(kind), field, std::move(help), std::move(known));
  impl_->sections.back().naming = SectionKind::Naming::by_kind;
}

void Options::free_rows(std::string kind, std::vector<Section>& field, std::string help,
                        std::vector<Parameter> parameters) {
  rows(std::move(kind), field, std::move(help), {{{}, {}, std::move(parameters)}});
  impl_->sections.back().naming = SectionKind::Naming::free;
}

void Options::row_and_rows(std::string kind, Section& field, std::vector<Section>& fields,
                           std::string help, std::vector<Parameter> parameters) {
  free_rows(std::move(kind), fields, std::move(help), std::move(parameters));
  impl_->sections.back().single = &field;
}

void Options::section(std::string kind, Section& field, std::string help) {
  impl_->add_section(std::move(kind), std::move(help)).single = &field;
}

void Options::row(std::string kind, Section& field, std::string help,
                  std::vector<Parameter> parameters) {
  SectionKind& section = impl_->add_section(std::move(kind), std::move(help));
  section.single = &field;
  section.known.push_back({{}, {}, std::move(parameters)});
  section.checks_keys = true;
}

}  // namespace kdseg::cli
