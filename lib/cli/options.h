// A program's options, declared once: parsing, INI keys, help and manual all come from here.
#pragma once
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "base/parameters.h"

namespace kdseg::cli {

struct Range {
  double low = -std::numeric_limits<double>::max(), high = std::numeric_limits<double>::max();
};

/// A name that a `[kind.NAME]` section may carry, with what stands in it.
struct CatalogRow {
  std::string name, summary;
  std::vector<Parameter> parameters;
};

/// Binds option names to the fields of a Settings struct; the fields' initial values are the
/// documented defaults. Each name is a flag (--name VALUE), an INI key (name = VALUE) and a word of
/// the manual. Declaring the same name twice is a programming error (std::logic_error).
class Options {
 public:
  Options();
  ~Options();

  void group(std::string title);  ///< heading of the options that follow

  void input(std::string name, std::string& field, std::string help);  ///< a file or folder read
  void inputs(std::string name, std::vector<std::string>& field, std::string help);  ///< repeatable
  void output(std::string name, std::string& field,
              std::string help);  ///< a file or folder written
  void text(std::string name, std::string& field, std::string help);
  void texts(std::string name, std::vector<std::string>& field,
             std::string help);  ///< repeatable; lists by blanks or commas
  void entries(std::string name, std::vector<std::string>& field,
               std::string help);  ///< repeatable, each taken whole (split=a,b)
  void choice(std::string name, std::string& field, std::string help,
              std::vector<std::string> words);
  void number(std::string name, double& field, std::string help, Range range = {});
  void integer(std::string name, int64_t& field, std::string help, Range range = {});
  void seed(std::string name, uint64_t& field, std::string help);
  void numbers(std::string name, std::vector<double>& field, std::string help, Range range = {},
               size_t count = 0);
  void integers(std::string name, std::vector<int64_t>& field, std::string help, Range range = {},
                size_t count = 0);
  void toggle(std::string name, bool& field,
              std::string help);           ///< --name, --name on, --name off; INI on/off
  void required(const std::string& name);  ///< must be given on the command line or in a file

  /// Accepts `[kind.NAME]` (or `[kind]` when `single`) sections of settings files; later files
  /// override single keys of equal sections. `known` are the valid names; an unknown one is a
  /// UsageError naming the nearest. Keys are checked by whoever builds the row.
  void sections(std::string kind, std::vector<Section>& field, std::string help,
                std::vector<std::string> known);
  /// A field whose section stands in no file keeps its initial value: an empty `kind`.
  void section(std::string kind, Section& field, std::string help);

  /// The same with the keys declared: they are checked while options are read, so that
  /// --print-config finds a misspelt one, and --help lists them with their defaults.
  void rows(std::string kind, std::vector<Section>& field, std::string help,
            std::vector<CatalogRow> known);
  void row(std::string kind, Section& field, std::string help, std::vector<Parameter> parameters);
  /// Catalog rows as by rows(), and under any other name where the key `kind` names the row.
  void named_rows(std::string kind, std::vector<Section>& field, std::string help,
                  std::vector<CatalogRow> known);
  /// Sections of any name, all with these keys.
  void free_rows(std::string kind, std::vector<Section>& field, std::string help,
                 std::vector<Parameter> parameters);
  /// [kind] and [kind.NAME], all with these keys.
  void row_and_rows(std::string kind, Section& field, std::vector<Section>& fields,
                    std::string help, std::vector<Parameter> parameters);

  struct Impl;
  Impl& impl() { return *impl_; }
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace kdseg::cli
