#include "cli/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/ini.h"
#include "base/text.h"

namespace kdseg::cli {
namespace {

std::string base_name(const std::string& path) {
  std::filesystem::path whole(path);
  if (!whole.has_filename()) whole = whole.parent_path();
  return whole.filename().string();
}

/// For a text that may hold paths among other words: "flair=/data/a.nii" gives "flair=a.nii".
std::string without_folders(const std::string& text) {
  if (text.find('/') == std::string::npos) return text;
  std::string out;
  for (size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find_first_of("=,", begin), text.size());
    out += base_name(text.substr(begin, end - begin));
    if (end < text.size()) out += text[end];
    begin = end + 1;
  }
  return out;
}

std::string absolute(const std::string& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

std::string shown(const Option* option, const std::string& value, Paths paths) {
  const bool is_input = option && (option->kind == Kind::input || option->kind == Kind::inputs);
  if (paths == Paths::absolute && is_input && !value.empty()) return absolute(value);
  if (paths == Paths::base_names)
    return option && option->is_path() ? base_name(value) : without_folders(value);
  return value;
}

std::string key_line(const Option& option, Paths paths) {
  std::vector<std::string> values;
  for (const auto& value : option.values()) values.push_back(shown(&option, value, paths));
  const std::string text =
      option.is_list() ? joined_words(values) : as_value(values.empty() ? "" : values[0]);
  return text.empty() ? option.name + " =\n" : option.name + " = " + text + "\n";
}

/// The section with every key written out.
Section in_full(const Section& section, const SectionKind& kind) {
  const CatalogRow* known = kind.checks_keys ? kind.find(section) : nullptr;
  return known ? Parameters(kind.keys_of(*known, section), section).resolved() : section;
}

std::string title_of(const Section& section) {
  return "[" + section.kind + (section.name.empty() ? "" : "." + section.name) + "]";
}

std::string section_lines(const Section& section, const SectionKind& kind, Paths paths) {
  std::string text = fmt::format("\n{}\n", title_of(section));
  const CatalogRow* known = kind.checks_keys ? kind.find(section) : nullptr;
  for (const auto& setting : in_full(section, kind).settings) {
    const bool file =
        known &&
        std::any_of(known->parameters.begin(), known->parameters.end(), [&](const Parameter& p) {
          return p.name == setting.key && p.kind == Parameter::Kind::path;
        });
    const std::string value = as_value(file && paths == Paths::absolute && !setting.value.empty()
                                           ? absolute(setting.value)
                                           : shown(nullptr, setting.value, paths));
    text += setting.key + (value.empty() ? " =" : " = " + value) + "\n";
  }
  return text;
}

std::string shell_word(const std::string& word) {
  const bool plain =
      !word.empty() && word.find_first_of(" \t\n\"'\\$`&|;<>()*?[]#~!{}") == std::string::npos;
  if (plain) return word;
  std::string quoted = "'";
  for (char c : word) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

/// The sections that stand in a program's settings, in the order of their kinds.
template <class Visit>
void for_each_section(const Options::Impl& declared, const Visit& visit) {
  for (const auto& kind : declared.sections) {
    if (kind.single && !kind.single->kind.empty()) visit(*kind.single, kind);
    if (kind.rows)
      for (const auto& row : *kind.rows) visit(row, kind);
  }
}

std::string all_sections(const Options::Impl& declared, Paths paths) {
  std::string text;
  for_each_section(declared, [&](const Section& section, const SectionKind& kind) {
    text += section_lines(section, kind, paths);
  });
  return text;
}

}  // namespace

std::string resolved_ini(const Options::Impl& declared, Paths paths) {
  std::string text;
  for (const auto& [title, options] : declared.groups()) {
    text += (text.empty() ? "# " : "\n# ") + title + "\n";
    for (const Option* option : options)
      if (option->scope != Scope::flag_only) text += key_line(*option, paths);
  }
  return text + all_sections(declared, paths);
}

std::string request_text(const std::string& program, const Options::Impl& declared) {
  static const std::set<std::string> how_not_what{
      "threads", "quiet", "verbose", "log-file", "record-paths",     "memory-limit", "deadline",
      "workers", "cache", "stage",   "resume",   "checkpoint-every", "device",       "gates"};
  std::string text = program + "\n";
  for (const auto& option : declared.options) {
    if (option.scope == Scope::flag_only || how_not_what.contains(option.name)) continue;
    if (option.kind == Kind::output && !option.values().empty())
      text += option.name + " = " + absolute(option.values()[0]) + "\n";
    else
      text += key_line(option, Paths::absolute);
  }
  return text + all_sections(declared, Paths::absolute);
}

std::vector<std::pair<std::string, std::string>> resolved_values(const Options::Impl& declared) {
  std::vector<std::pair<std::string, std::string>> values;
  for (const auto& [title, options] : declared.groups())
    for (const Option* option : options)
      if (option->scope != Scope::flag_only)
        values.emplace_back(option->name, joined_words(option->values()));
  for_each_section(declared, [&](const Section& section, const SectionKind& kind) {
    const std::string title = title_of(section);
    values.emplace_back(title, "present");
    for (const auto& setting : in_full(section, kind).settings)
      values.emplace_back(title + " " + setting.key, setting.value);
  });
  return values;
}

std::string command_line(const std::vector<std::string>& arguments, const Options::Impl& declared,
                         Paths paths) {
  std::vector<std::string> words;
  const Option* option = nullptr;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    std::string text = i == 0 && paths == Paths::base_names ? base_name(word) : word;
    if (i > 0 && word.starts_with("--")) {
      const auto equals = word.find('=');
      const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
      option = declared.find(name);
      if (equals != std::string::npos)
        text = word.substr(0, equals + 1) + shown(option, word.substr(equals + 1), paths);
    } else if (i > 0) {
      text = shown(option, word, paths);
    }
    words.push_back(shell_word(text));
  }
  return join(words, " ");
}

}  // namespace kdseg::cli
