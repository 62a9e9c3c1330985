// Flags and keys on their way into the fields: Boost.Program_options splits the command line,
// checks names and hands each value to its option.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "cli/declared.h"

namespace kdseg::cli {

/// One option as it was given: a flag that stands twice is given twice.
struct Given {
  std::string name;
  std::vector<std::string> values;
};

class Binding {
 public:
  explicit Binding(Options::Impl& declared);  ///< after all options are declared
  ~Binding();

  /// Splits the command line behind the program's name.
  /// \throws UsageError  unknown flag (nearest named), a flag without its value, a stray word
  std::vector<Given> split(const std::vector<std::string>& arguments) const;

  /// Checks and stores what one source gives: the flags (`where` empty) or one key of a file.
  void store(const std::vector<Given>& given, const std::string& where);

 private:
  struct Boost;
  Options::Impl& declared_;
  std::unique_ptr<Boost> boost_;
};

}  // namespace kdseg::cli
