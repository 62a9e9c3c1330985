#include "cli/record.h"

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "cli/ini.h"

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

std::string shown(const Option* option, const std::string& value, Paths paths) {
  const bool is_input = option && (option->kind == Kind::input || option->kind == Kind::inputs);
  if (paths == Paths::absolute && is_input && !value.empty())
    return std::filesystem::absolute(value).lexically_normal().string();
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

std::string section_lines(const Section& section, const SectionKind& kind, Paths paths) {
  std::string text = "\n[" + kind.kind + (section.name.empty() ? "" : "." + section.name) + "]\n";
  const CatalogRow* known = kind.checks_keys ? kind.find(section.name) : nullptr;
  const Section full = known ? Parameters(known->parameters, section).resolved() : section;
  for (const auto& setting : full.settings) {
    const std::string value = as_value(shown(nullptr, setting.value, paths));
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

}  // namespace

std::string resolved_ini(const Options::Impl& declared, Paths paths) {
  std::string text;
  for (const auto& [title, options] : declared.groups()) {
    text += (text.empty() ? "# " : "\n# ") + title + "\n";
    for (const Option* option : options)
      if (option->scope != Scope::flag_only) text += key_line(*option, paths);
  }
  for (const auto& kind : declared.sections) {
    if (kind.single && !kind.single->kind.empty()) text += section_lines(*kind.single, kind, paths);
    if (kind.rows)
      for (const auto& row : *kind.rows) text += section_lines(row, kind, paths);
  }
  return text;
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
