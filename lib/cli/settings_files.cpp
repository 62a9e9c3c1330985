#include "cli/settings_files.h"

#include <algorithm>
#include <filesystem>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::cli {
namespace {

/// Whose sections may stand beside ours in one file.
const std::vector<std::string> programs{"phantom",        "preprocess", "pretrain",
                                        "distill",        "evaluate",   "ensemble-label",
                                        "cyclegan-align", "mcdropout"};

bool is_program(const std::string& name) {
  return std::find(programs.begin(), programs.end(), name) != programs.end();
}

std::string beside(const std::string& file, const std::string& path) {
  const std::filesystem::path given(path);
  if (path.empty() || given.is_absolute()) return path;
  const auto folder = std::filesystem::path(file).parent_path();
  return folder.empty() ? path : (folder / given).lexically_normal().string();
}

void apply_keys(const Ini& ini, const IniSection& section, Options::Impl& declared,
                Binding& binding) {
  for (const auto& entry : section.keys) {
    const std::string where = ini.where(entry.line);
    const Option* option = declared.find(entry.key);
    if (!option)
      throw UsageError("{}: unknown key '{}'{}", where, entry.key,
                       did_you_mean(entry.key, declared.names(Scope::anywhere)));
    if (option->scope == Scope::flag_only)
      throw UsageError("{}: {} is a flag (--{}), not a key of settings files", where, entry.key,
                       entry.key);
    std::vector<std::string> values = option->is_list() ? quoted_words(entry.value, where)
                                                        : std::vector{unquoted(entry.value, where)};
    if (option->kind == Kind::input || option->kind == Kind::inputs)
      for (auto& value : values) value = beside(ini.file, value);
    binding.store({{entry.key, std::move(values)}}, where);
  }
}

SectionKind& find_kind(const std::string& kind, const std::string& title, const std::string& where,
                       Options::Impl& declared) {
  std::vector<std::string> known;
  for (auto& candidate : declared.sections) {
    if (candidate.kind == kind) return candidate;
    known.push_back(candidate.kind);
  }
  known.insert(known.end(), programs.begin(), programs.end());
  throw UsageError("{}: unknown section [{}]{}", where, title, did_you_mean(kind, known));
}

/// The section's row in the field, made when it is the first of its name.
Section& find_row(const SectionKind& kind, const std::string& name, const std::string& title,
                  const std::string& where) {
  if (kind.single && (name.empty() || !kind.rows)) {
    if (!name.empty())
      throw UsageError("{}: [{}] takes no name; write [{}]", where, title, kind.kind);
    if (kind.single->kind.empty()) *kind.single = {kind.kind, {}, where, {}};
    return *kind.single;
  }
  if (name.empty()) throw UsageError("{}: [{}] needs a name: [{}.NAME]", where, title, kind.kind);
  for (auto& row : *kind.rows)
    if (row.name == name) return row;
  kind.rows->push_back({kind.kind, name, where, {}});
  return kind.rows->back();
}

/// The section's name, or its key `kind`, is a row of the catalog.
void check_row_name(const SectionKind& kind, const Section& row, const std::string& where) {
  std::vector<std::string> known;
  for (const auto& one : kind.known) known.push_back(one.name);
  const std::string name = kind.row_name(row);
  if (!known.empty() && std::find(known.begin(), known.end(), name) == known.end())
    throw UsageError("{}: unknown {} '{}'{}", where, kind.kind, name, did_you_mean(name, known));
}

bool is_path(const SectionKind& kind, const Section& row, const std::string& key) {
  const CatalogRow* known = kind.find(row);
  return known &&
         std::any_of(known->parameters.begin(), known->parameters.end(), [&](const Parameter& p) {
           return p.name == key && p.kind == Parameter::Kind::path;
         });
}

void apply_row(const Ini& ini, const IniSection& section, const std::string& title,
               Options::Impl& declared) {
  const std::string where = ini.where(section.line);
  const auto dot = title.find('.');
  const std::string name = dot == std::string::npos ? "" : title.substr(dot + 1);
  const SectionKind& kind = find_kind(title.substr(0, dot), section.name, where, declared);
  Section& row = find_row(kind, name, section.name, where);
  for (const auto& entry : section.keys) {
    const std::string place = ini.where(entry.line);
    Setting setting{entry.key, unquoted(entry.value, place), place};
    if (is_path(kind, row, entry.key)) setting.value = beside(ini.file, setting.value);
    const auto same = std::find_if(row.settings.begin(), row.settings.end(),
                                   [&](const Setting& other) { return other.key == entry.key; });
    if (same == row.settings.end())
      row.settings.push_back(std::move(setting));
    else
      *same = std::move(setting);
  }
  if (kind.rows && !row.name.empty()) check_row_name(kind, row, where);
}

}  // namespace

void apply_settings(const Ini& ini, const std::string& program, Options::Impl& declared,
                    Binding& binding) {
  for (const auto& section : ini.sections) {
    const auto slash = section.name.find('/');
    const std::string owner =
        slash == std::string::npos ? std::string{} : section.name.substr(0, slash);
    if (section.line == 0 || section.name == program) {
      apply_keys(ini, section, declared, binding);
    } else if (owner == program) {
      apply_row(ini, section, section.name.substr(slash + 1), declared);
    } else if (slash != std::string::npos && !is_program(owner)) {
      throw UsageError("{}: unknown program '{}' in [{}]{}", ini.where(section.line), owner,
                       section.name, did_you_mean(owner, programs));
    } else if (slash == std::string::npos && !is_program(section.name)) {
      apply_row(ini, section, section.name, declared);
    }
  }
}

void check_rows(const Options::Impl& declared) {
  for (const auto& kind : declared.sections) {
    if (!kind.checks_keys) continue;
    if (kind.single && !kind.single->kind.empty())
      Parameters(kind.known.at(0).parameters, *kind.single);
    if (!kind.rows) continue;
    for (const auto& row : *kind.rows)
      if (const CatalogRow* known = kind.find(row)) Parameters(kind.keys_of(*known, row), row);
  }
}

}  // namespace kdseg::cli
