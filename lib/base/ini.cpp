#include "base/ini.h"

#include "base/errors.h"
#include "base/read_file.h"
#include "base/text.h"

namespace kdseg {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool starts_comment(char c) { return c == '#' || c == ';'; }

/// Position behind the closing quote of the quoted word that starts at `begin`; npos: not closed.
size_t end_of_quoted(std::string_view text, size_t begin) {
  for (size_t i = begin + 1; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '"')
      return i + 1;
  }
  return std::string_view::npos;
}

std::string without_quotes(std::string_view quoted) {
  std::string text;
  for (size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] == '\\' && i + 2 < quoted.size()) {
      ++i;
      text += quoted[i] == 'n' ? '\n' : quoted[i];
    } else {
      text += quoted[i];
    }
  }
  return text;
}

std::string with_quotes(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (c == '\n')
      quoted += "\\n";
    else
      quoted += c;
  }
  return quoted + "\"";
}

/// The line up to its comment. `where` is for an open quote; quotes count only behind `=`.
std::string_view without_comment(std::string_view line, const std::string& where) {
  const auto equals = line.find('=');
  for (size_t i = 0; i < line.size();) {
    const bool after_blank = i == 0 || is_blank(line[i - 1]);
    if (after_blank && starts_comment(line[i])) return line.substr(0, i);
    if (line[i] == '"' && i > equals && (after_blank || i == equals + 1)) {
      const auto end = end_of_quoted(line, i);
      if (end == std::string_view::npos)
        throw UsageError("{}: a quote is opened and not closed", where);
      i = end;
    } else {
      ++i;
    }
  }
  return line;
}

void add_section(Ini& ini, std::string_view line, int number) {
  const std::string where = ini.where(number);
  if (line.back() != ']') throw UsageError("{}: '{}' lacks its ']'", where, excerpt(line));
  const std::string name = trim(line.substr(1, line.size() - 2));
  if (name.empty()) throw UsageError("{}: a section without a name", where);
  for (const auto& other : ini.sections)
    if (other.line > 0 && other.name == name)
      throw UsageError("{}: section [{}] stands already in line {}", where, excerpt(name),
                       other.line);
  ini.sections.push_back({name, number, {}});
}

void add_key(Ini& ini, std::string_view line, int number) {
  const std::string where = ini.where(number);
  const auto equals = line.find('=');
  if (equals == std::string_view::npos)
    throw UsageError("{}: expected 'key = value' or '[section]', found '{}'", where, excerpt(line));
  IniKey entry{trim(line.substr(0, equals)), trim(line.substr(equals + 1)), number};
  if (entry.key.empty()) throw UsageError("{}: no key before '='", where);
  auto& section = ini.sections.back();
  for (const auto& other : section.keys)
    if (other.key == entry.key)
      throw UsageError("{}: {} is given already in line {}", where, excerpt(entry.key), other.line);
  section.keys.push_back(std::move(entry));
}

}  // namespace

std::string Ini::where(int line) const { return fmt::format("{}:{}", file, line); }

Ini parse_ini(std::string_view text, std::string file) {
  Ini ini{std::move(file), {IniSection{}}};
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (int number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view whole = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const std::string line = trim(without_comment(whole, ini.where(number)));
    if (line.empty()) continue;
    if (line.front() == '[')
      add_section(ini, line, number);
    else
      add_key(ini, line, number);
  }
  return ini;
}

Ini read_ini(const std::string& file) {
  try {
    return parse_ini(read_utf8(file), file);
  } catch (const DataError& e) {
    throw UsageError("{} (a settings file is expected)", e.what());
  }
}

std::string unquoted(std::string_view value, const std::string& where) {
  if (!value.starts_with('"')) return std::string(value);
  if (end_of_quoted(value, 0) != value.size())
    throw UsageError("{}: text follows the closing quote in '{}'", where, excerpt(value));
  return without_quotes(value);
}

std::vector<std::string> quoted_words(std::string_view value, const std::string& where) {
  std::vector<std::string> words;
  for (size_t i = 0; i < value.size();) {
    if (is_blank(value[i])) {
      ++i;
      continue;
    }
    size_t end = i;
    if (value[i] == '"') {
      end = end_of_quoted(value, i);
      if (end == std::string_view::npos || (end < value.size() && !is_blank(value[end])))
        throw UsageError("{}: a blank must follow the closing quote in '{}'", where,
                         excerpt(value));
      words.push_back(without_quotes(value.substr(i, end - i)));
    } else {
      while (end < value.size() && !is_blank(value[end])) ++end;
      words.emplace_back(value.substr(i, end - i));
    }
    i = end;
  }
  return words;
}

std::string as_value(std::string_view text) {
  bool plain = trim(text) == text && !text.starts_with('"');
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' || text[i] == '\r') plain = false;
    const bool after_blank = i == 0 || is_blank(text[i - 1]);
    if (after_blank && (starts_comment(text[i]) || text[i] == '"')) plain = false;
  }
  return plain ? std::string(text) : with_quotes(text);
}

std::string as_word(std::string_view text) {
  for (char c : text)
    if (is_blank(c)) return with_quotes(text);
  return text.empty() ? "\"\"" : as_value(text);
}

}  // namespace kdseg
