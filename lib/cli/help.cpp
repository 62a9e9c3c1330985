#include "cli/help.h"

#include <string_view>

#include "base/text.h"

namespace kdseg::cli {
namespace {

constexpr size_t page_width = 92;
constexpr size_t help_column = 30;

/// Breaks at blanks; every line but the first starts with `indent` blanks. `column` is where the
/// text starts.
std::string wrapped(const std::string& text, size_t indent, size_t column) {
  std::string out;
  size_t at = column;
  bool first = true;
  for (const auto& word : split(text, ' ')) {
    if (word.empty()) continue;
    if (!first && at + 1 + word.size() > page_width) {
      out += '\n';
      out.append(indent, ' ');
      at = indent;
    } else if (!first) {
      out += ' ';
      ++at;
    }
    out += word;
    at += word.size();
    first = false;
  }
  return out;
}

std::string paragraph(const std::string& text, size_t indent = 2) {
  return std::string(indent, ' ') + wrapped(text, indent, indent) + "\n";
}

/// A term in the left column and its explanation in the right one.
std::string entry(const std::string& term, const std::string& text, size_t indent = 2) {
  std::string line = std::string(indent, ' ') + term;
  if (text.empty()) return line + "\n";
  if (line.size() + 2 > help_column)
    line += "\n" + std::string(help_column, ' ');
  else
    line += std::string(help_column - line.size(), ' ');
  return line + wrapped(text, help_column, help_column) + "\n";
}

std::string heading(std::string_view title) {
  std::string upper = "\n";
  for (char c : title) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return upper + "\n";
}

std::string placeholder(const Option& o) {
  switch (o.kind) {
    case Kind::input:
    case Kind::inputs:
    case Kind::output:
      return o.name.ends_with("dir") || o.name == "root" ? "DIR" : "FILE";
    case Kind::text:
      return "TEXT";
    case Kind::texts:
      return "LIST";
    case Kind::entries:
      return "ENTRY";
    case Kind::choice:
      return "WORD";
    case Kind::number:
      return "NUMBER";
    case Kind::integer:
    case Kind::seed:
      return "N";
    case Kind::numbers:
      return "NUMBERS";
    case Kind::integers:
      return "N,N,...";
    case Kind::toggle:
      return "";
  }
  return "";
}

std::string_view kind_name(Kind kind) {
  switch (kind) {
    case Kind::input:
      return "input";
    case Kind::inputs:
      return "inputs";
    case Kind::output:
      return "output";
    case Kind::text:
      return "text";
    case Kind::texts:
      return "texts";
    case Kind::entries:
      return "entries";
    case Kind::choice:
      return "choice";
    case Kind::number:
      return "number";
    case Kind::integer:
      return "integer";
    case Kind::seed:
      return "seed";
    case Kind::numbers:
      return "numbers";
    case Kind::integers:
      return "integers";
    case Kind::toggle:
      return "toggle";
  }
  return "";
}

std::string_view kind_name(Parameter::Kind kind) {
  switch (kind) {
    case Parameter::Kind::number:
      return "number";
    case Parameter::Kind::integer:
      return "integer";
    case Parameter::Kind::toggle:
      return "toggle";
    case Parameter::Kind::text:
      return "text";
    case Parameter::Kind::choice:
      return "choice";
    case Parameter::Kind::numbers:
      return "numbers";
    case Parameter::Kind::texts:
      return "texts";
    case Parameter::Kind::path:
      return "input";
  }
  return "";
}

/// "(one of a, b; default a)"; empty when there is nothing to say.
std::string remarks(const std::vector<std::string>& words, const std::string& range,
                    const std::string& initial, bool required, bool repeatable) {
  std::vector<std::string> parts;
  if (required) parts.push_back("required");
  if (!words.empty()) parts.push_back("one of " + join(words));
  if (!range.empty()) parts.push_back(range);
  if (!initial.empty()) parts.push_back("default " + initial);
  if (repeatable) parts.push_back("repeatable");
  return parts.empty() ? "" : " (" + join(parts, "; ") + ")";
}

std::string range_text(const Parameter& p) {
  using K = Parameter::Kind;
  if (p.kind != K::number && p.kind != K::integer && p.kind != K::numbers) return {};
  Option o;
  if (p.low > Parameter{}.low) o.range.low = p.low;
  if (p.high < Parameter{}.high) o.range.high = p.high;
  return o.range_text();
}

std::string synopsis(const Manual& manual, const Options::Impl& declared) {
  std::string text = manual.name + " [--config FILE]...";
  for (const auto& o : declared.options)
    if (o.required) text += " --" + o.name + " " + placeholder(o);
  return "  " + wrapped(text + " [options]", 4 + manual.name.size(), 2) + "\n";
}

std::string option_entry(const Option& o) {
  const std::string place = placeholder(o);
  const bool off = o.kind == Kind::toggle && o.initial.at(0) == "off";
  return entry("--" + o.name + (place.empty() ? "" : " " + place),
               o.help + remarks(o.words, o.range_text(), off ? "" : o.initial_text(), o.required,
                                o.repeatable()));
}

std::string option_groups(const Options::Impl& declared) {
  std::string text;
  for (const auto& [title, options] : declared.groups()) {
    text += heading(title);
    for (const Option* o : options) text += option_entry(*o);
  }
  return text;
}

std::string section_pages(const Options::Impl& declared) {
  std::string text;
  for (const auto& kind : declared.sections) {
    text += entry("[" + kind.kind + (kind.single ? "]" : ".NAME]") +
                      (kind.single && kind.rows ? ", [" + kind.kind + ".NAME]" : ""),
                  kind.help);
    for (const auto& row : kind.known) {
      if (!row.name.empty()) text += entry(row.name, row.summary, 4);
      for (const auto& p : row.parameters)
        text += entry(p.name, p.help + remarks(p.choices, range_text(p), p.initial, false, false),
                      row.name.empty() ? 4 : 6);
    }
  }
  return text;
}

constexpr std::string_view about_files =
    "Every option is also a key: epochs = 8; toggles are on or off, lists are separated by blanks. "
    "Flags win over files, later files over earlier ones. Input files named in a settings file "
    "are looked for beside it. Keys under [PROGRAM] and sections [PROGRAM/kind.NAME] are for one "
    "program only. # and ; start comments.";

}  // namespace

std::string help_page(const Manual& manual, const Options::Impl& declared) {
  std::string page = manual.name + ": " + wrapped(manual.summary, 2, manual.name.size() + 2) + "\n";
  page += heading("synopsis") + synopsis(manual, declared);
  page += heading("description") + paragraph(manual.description);
  page += option_groups(declared);
  page += heading("settings files") + paragraph(std::string(about_files)) + section_pages(declared);
  if (!manual.memory.empty()) page += heading("memory") + paragraph(manual.memory);
  if (!manual.examples.empty()) page += heading("examples");
  for (const auto& example : manual.examples)
    page += "  " + wrapped(example, 4 + manual.name.size() + 1, 2) + "\n";
  if (!manual.citations.empty()) page += heading("citations");
  for (const auto& citation : manual.citations) page += "  " + wrapped(citation, 4, 2) + "\n";
  page += heading("exit codes");
  page += entry("0", "done") + entry("1", "the run failed") +
          entry("2", "wrong usage or settings; nothing was touched") +
          entry("3", "bad input data or file format") + entry("75", manual.stopped);
  return page;
}

std::string option_list(const Options::Impl& declared) {
  std::string text;
  const auto line = [&](std::vector<std::string> fields) {
    for (auto& field : fields)
      for (char& c : field)
        if (c == '\t' || c == '\n') c = ' ';
    text += join(fields, "\t") + "\n";
  };
  for (const auto& o : declared.options)
    line({o.name, std::string(kind_name(o.kind)), o.initial_text(),
          o.words.empty() ? o.range_text() : join(o.words, "|"),
          o.required ? "required" : "optional", o.help});
  for (const auto& kind : declared.sections) {
    std::vector<std::string> names;
    for (const auto& row : kind.known)
      if (!row.name.empty()) names.push_back(row.name);
    line({"[" + kind.kind + (kind.rows ? ".NAME]" : "]"), "section", "", join(names, "|"),
          "optional", kind.help});
    for (const auto& row : kind.known)
      for (const auto& p : row.parameters)
        line({"[" + kind.kind + (row.name.empty() ? "" : "." + row.name) + "] " + p.name,
              std::string(kind_name(p.kind)), p.initial,
              p.choices.empty() ? range_text(p) : join(p.choices, "|"), "optional", p.help});
  }
  return text;
}

}  // namespace kdseg::cli
