// What Options gathers: one record per option and per kind of section, with its field.
#pragma once
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "cli/options.h"

namespace kdseg::cli {

enum class Kind {
  input,
  inputs,
  output,
  text,
  texts,
  entries,
  choice,
  number,
  integer,
  seed,
  numbers,
  integers,
  toggle
};

/// Where an option may be given, and whether it stands in the resolved settings.
enum class Scope { anywhere, flag_only };

struct Option {
  std::string name, group, help;
  Kind kind = Kind::text;
  std::variant<std::string*, std::vector<std::string>*, double*, int64_t*, uint64_t*,
               std::vector<double>*, std::vector<int64_t>*, bool*>
      field;
  Range range;
  size_t count = 0;  ///< numbers a list must have; 0: any
  std::vector<std::string> words;
  Scope scope = Scope::anywhere;
  bool required = false;
  bool given = false;  ///< by a flag or a settings file
  std::vector<std::string> initial;

  bool repeatable() const;  ///< as a flag
  bool is_list() const;
  bool is_path() const {
    return kind == Kind::input || kind == Kind::inputs || kind == Kind::output;
  }

  /// The field's value as texts: one for a scalar, any number for a list, none when empty.
  std::vector<std::string> values() const;

  /// Checks and stores. `where` is "file:line" or empty for a flag.
  /// \throws UsageError  wrong type, out of range, not among the words, wrong count
  void assign(const std::vector<std::string>& values, const std::string& where);

  /// "--epochs" or "file:12: epochs", the start of a message.
  std::string place(const std::string& where) const;
  std::string range_text() const;    ///< "0.05 to 100", "at least 1", empty
  std::string initial_text() const;  ///< as in a settings file
};

struct SectionKind {
  std::string kind, help;
  std::vector<Section>* rows = nullptr;  ///< [kind.NAME]
  Section* single = nullptr;             ///< [kind]
  std::vector<CatalogRow> known;         ///< of rows; empty: any name
  bool checks_keys = false;              ///< the parameters of `known` are declared

  /// of_row: NAME, or NAME:suffix, is a row of `known`. by_kind: that, or any name where the key
  /// `kind` tells the row. free: any name, all of one row.
  enum class Naming { of_row, by_kind, free } naming = Naming::of_row;

  /// The row that a section is about; null: none.
  const CatalogRow* find(const Section& section) const;
  std::string row_name(const Section& section) const;
  /// What the section may hold: the row's keys, and `kind` where that names it.
  std::vector<Parameter> keys_of(const CatalogRow& row, const Section& section) const;
};

struct Options::Impl {
  std::vector<Option> options;
  std::vector<SectionKind> sections;
  std::string group = "Options";

  Option* find(const std::string& name);
  const Option* find(const std::string& name) const;
  Option& add(std::string name, Kind kind, std::string help);
  SectionKind& add_section(std::string kind, std::string help);
  /// The options under their headings: a heading that comes back later continues the first one.
  std::vector<std::pair<std::string, std::vector<const Option*>>> groups() const;
  std::vector<std::string> names(Scope widest, const std::string& prefix = "") const;
};

/// The file's value of a list as one text: words quoted where needed.
std::string joined_words(const std::vector<std::string>& words);

}  // namespace kdseg::cli
