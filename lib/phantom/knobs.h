// What every table of knobs can do: check its values, compare them with its defaults.
//
// An anatomy's knobs are a struct whose initial values are the defaults, and one function
//   visit_knobs(knobs, visitor)
// that calls, in documented order,
//   group(title), number(name, double&, help, low, high), integer(name, int64_t&, help, low, high),
//   range(name, vector<double>&, help, low, high): two values, low end first,
//   choice(name, string&, help, words).
// One table serves the command line, cohort.json and the test for defaults.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kdseg::phantom {

/// A visitor: \throws UsageError  a value outside its range, or a pair whose low end is above its
/// high end
struct KnobChecker {
  void group(const char*) {}
  void number(const char* name, double value, const char* help, double low, double high);
  void integer(const char* name, int64_t value, const char* help, double low, double high);
  void range(const char* name, const std::vector<double>& value, const char* help, double low,
             double high);
  void choice(const char* name, const std::string& value, const char* help,
              const std::vector<std::string>& words);
};

/// A visitor that takes every value down as text.
struct KnobTexts {
  struct Knob {
    std::string group, name, value;
    bool operator==(const Knob&) const = default;
  };
  std::vector<Knob> knobs;

  void group(const char* title) { group_ = title; }
  void number(const char* name, double value, const char* help, double low, double high);
  void integer(const char* name, int64_t value, const char* help, double low, double high);
  void range(const char* name, const std::vector<double>& value, const char* help, double low,
             double high);
  void choice(const char* name, const std::string& value, const char* help,
              const std::vector<std::string>& words);

 private:
  std::string group_;
};

template <class K>
void check(const K& knobs) {
  KnobChecker checker;
  visit_knobs(knobs, checker);
}

/// Names of the knobs whose values are not the defaults, in the table's order; with a group, only
/// those of that group.
template <class K>
std::vector<std::string> changed(const K& knobs, std::string_view group = {}) {
  KnobTexts found, usual;
  const K defaults;
  visit_knobs(knobs, found);
  visit_knobs(defaults, usual);
  std::vector<std::string> names;
  for (size_t i = 0; i < found.knobs.size(); ++i)
    if ((group.empty() || found.knobs[i].group == group) && found.knobs[i] != usual.knobs[i])
      names.push_back(found.knobs[i].name);
  return names;
}

/// Whether all knobs of a group have their default values.
template <class K>
bool at_default(const K& knobs, std::string_view group) {
  return changed(knobs, group).empty();
}

}  // namespace kdseg::phantom
