// Parameters of catalog rows (loss terms, networks, ...): declared once, read from a settings
// section.
#pragma once
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kdseg {

/// One `key = value` of a settings file. `where` is "file:line" for messages.
struct Setting {
  std::string key, value, where;
};

/// A section `[kind.name]`, e.g. kind "term", name "cross-entropy", or `[kind]` with an empty name.
struct Section {
  std::string kind, name, where;
  std::vector<Setting> settings;
};

/// What a row of a catalog accepts. A number carries its range, a choice its words; a path is a
/// file to read, looked for beside the settings file that names it.
struct Parameter {
  enum class Kind { number, integer, toggle, text, choice, numbers, texts, path };
  std::string name;
  Kind kind = Kind::number;
  std::string initial;  ///< default, as it would stand in a file
  std::string help;     ///< meaning, with unit and source
  double low = -1e300, high = 1e300;
  std::vector<std::string> choices;
};

/// The values of one row: each parameter either set or at its default, already checked.
class Parameters {
 public:
  /// \throws UsageError  unknown key (naming the nearest valid one), wrong type, out of range;
  ///                     the message starts with where the setting stands
  Parameters(std::span<const Parameter> declared, const Section& section);

  double number(std::string_view name) const;
  int64_t integer(std::string_view name) const;
  bool toggle(std::string_view name) const;
  const std::string& text(std::string_view name) const;  ///< also choices
  std::vector<double> numbers(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name) const;

  /// The section with every parameter written out, in declared order.
  Section resolved() const;

 private:
  Section section_;
};

/// Checks one value against its declaration; throws UsageError starting with `where`.
void check_value(const Parameter& declared, const std::string& value, const std::string& where);

}  // namespace kdseg
