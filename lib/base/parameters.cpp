#include "base/parameters.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg {
namespace {

const std::vector<std::string> on_off{"on", "off"};

void check_range(const Parameter& p, double value, const std::string& where) {
  if (value < p.low || value > p.high)
    throw UsageError("{}: {} is {}, expected {} to {}", where, p.name, exact(value), exact(p.low),
                     exact(p.high));
}

}  // namespace

void check_value(const Parameter& p, const std::string& value, const std::string& where) {
  using Kind = Parameter::Kind;
  const auto number = [&](const std::string& text) {
    const auto parsed = parse_number(text);
    if (!parsed) throw UsageError("{}: {} is '{}', expected a number", where, p.name, text);
    check_range(p, *parsed, where);
  };
  const auto among = [&](const std::vector<std::string>& words) {
    if (std::find(words.begin(), words.end(), value) == words.end())
      throw UsageError("{}: {} is '{}', expected one of {}", where, p.name, value,
                       join(words, ", "));
  };
  switch (p.kind) {
    case Kind::number:
      return number(value);
    case Kind::integer: {
      const auto parsed = parse_integer(value);
      if (!parsed)
        throw UsageError("{}: {} is '{}', expected a whole number", where, p.name, value);
      return check_range(p, static_cast<double>(*parsed), where);
    }
    case Kind::toggle:
      return among(on_off);
    case Kind::choice:
      return among(p.choices);
    case Kind::numbers:
      for (const auto& item : split_list(value)) number(item);
      return;
    case Kind::text:
    case Kind::texts:
    case Kind::path:
      return;
  }
}

Parameters::Parameters(std::span<const Parameter> declared, const Section& section)
    : section_{section.kind, section.name, section.where, {}} {
  std::vector<std::string> names;
  for (const auto& p : declared) names.push_back(p.name);
  const std::string title = section.name.empty() ? section.kind : section.kind + "." + section.name;
  for (const auto& s : section.settings)
    if (std::find(names.begin(), names.end(), s.key) == names.end())
      throw UsageError("{}: unknown key '{}' in [{}]{}", s.where, s.key, title,
                       did_you_mean(s.key, names));
  for (const auto& p : declared) {
    Setting chosen{p.name, p.initial, section.where};
    for (const auto& s : section.settings)
      if (s.key == p.name) chosen = s;  // the last one wins, as with repeated files
    if (!(chosen.value == p.initial)) check_value(p, chosen.value, chosen.where);
    section_.settings.push_back(chosen);
  }
}

const std::string& Parameters::text(std::string_view name) const {
  for (const auto& s : section_.settings)
    if (s.key == name) return s.value;
  throw std::logic_error("parameter '" + std::string(name) + "' was not declared");
}

double Parameters::number(std::string_view name) const { return parse_number(text(name)).value(); }
int64_t Parameters::integer(std::string_view name) const {
  return parse_integer(text(name)).value();
}
bool Parameters::toggle(std::string_view name) const { return text(name) == "on"; }

std::vector<double> Parameters::numbers(std::string_view name) const {
  std::vector<double> values;
  for (const auto& item : split_list(text(name))) values.push_back(parse_number(item).value());
  return values;
}

std::vector<std::string> Parameters::texts(std::string_view name) const {
  return split_list(text(name));
}

Section Parameters::resolved() const { return section_; }

}  // namespace kdseg
