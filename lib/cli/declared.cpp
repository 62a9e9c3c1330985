#include "cli/declared.h"

#include <algorithm>
#include <charconv>

#include "base/errors.h"
#include "base/ini.h"
#include "base/text.h"

namespace kdseg::cli {
namespace {

double checked_number(const Option& o, const std::string& text, const std::string& where) {
  const std::string range = o.range_text();
  const auto value = parse_number(text);
  if (!value)
    throw UsageError("{} is '{}', expected a number{}{}", o.place(where), text,
                     range.empty() ? "" : ", ", range);
  if (*value < o.range.low || *value > o.range.high)
    throw UsageError("{} is {}, expected {}", o.place(where), text, range);
  return *value;
}

int64_t checked_integer(const Option& o, const std::string& text, const std::string& where) {
  const std::string range = o.range_text();
  const auto value = parse_integer(text);
  if (!value)
    throw UsageError("{} is '{}', expected a whole number{}{}", o.place(where), text,
                     range.empty() ? "" : ", ", range);
  const auto as_double = static_cast<double>(*value);
  if (as_double < o.range.low || as_double > o.range.high)
    throw UsageError("{} is {}, expected {}", o.place(where), text, range);
  return *value;
}

uint64_t checked_seed(const Option& o, const std::string& text, const std::string& where) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw UsageError("{} is '{}', expected a whole number from 0 to 18446744073709551615",
                     o.place(where), text);
  return value;
}

std::string checked_word(const Option& o, const std::vector<std::string>& words,
                         const std::string& text, const std::string& where) {
  if (std::find(words.begin(), words.end(), text) == words.end())
    throw UsageError("{} is '{}', expected one of {}", o.place(where), text, join(words));
  return text;
}

std::vector<std::string> items_of(const std::vector<std::string>& values) {
  std::vector<std::string> items;
  for (const auto& value : values)
    for (auto& item : split_list(value)) items.push_back(std::move(item));
  return items;
}

void check_count(const Option& o, size_t found, const std::string& where) {
  if (o.count > 0 && found > 0 && found != o.count)
    throw UsageError("{} holds {} of {} numbers", o.place(where), found, o.count);
}

}  // namespace

bool Option::is_list() const {
  return kind == Kind::inputs || kind == Kind::texts || kind == Kind::entries ||
         kind == Kind::numbers || kind == Kind::integers;
}

bool Option::repeatable() const {
  return kind == Kind::inputs || kind == Kind::texts || kind == Kind::entries;
}

std::vector<std::string> Option::values() const {
  std::vector<std::string> texts;
  const auto add = [&](std::string text) { texts.push_back(std::move(text)); };
  switch (kind) {
    case Kind::input:
    case Kind::output:
    case Kind::text:
    case Kind::choice:
      if (const auto& text = *std::get<std::string*>(field); !text.empty()) add(text);
      break;
    case Kind::inputs:
    case Kind::texts:
    case Kind::entries:
      return *std::get<std::vector<std::string>*>(field);
    case Kind::number:
      add(exact(*std::get<double*>(field)));
      break;
    case Kind::integer:
      add(std::to_string(*std::get<int64_t*>(field)));
      break;
    case Kind::seed:
      add(std::to_string(*std::get<uint64_t*>(field)));
      break;
    case Kind::numbers:
      for (double value : *std::get<std::vector<double>*>(field)) add(exact(value));
      break;
    case Kind::integers:
      for (int64_t value : *std::get<std::vector<int64_t>*>(field)) add(std::to_string(value));
      break;
    case Kind::toggle:
      add(*std::get<bool*>(field) ? "on" : "off");
      break;
  }
  return texts;
}

void Option::assign(const std::vector<std::string>& values, const std::string& where) {
  const std::string scalar = values.empty() ? "" : values.front();
  switch (kind) {
    case Kind::input:
    case Kind::output:
    case Kind::text:
      *std::get<std::string*>(field) = scalar;
      break;
    case Kind::inputs:
    case Kind::entries:
      *std::get<std::vector<std::string>*>(field) = values;
      break;
    case Kind::texts:
      *std::get<std::vector<std::string>*>(field) = items_of(values);
      break;
    case Kind::choice:
      *std::get<std::string*>(field) = scalar.empty() && initial.empty()
                                           ? scalar  // the resolved form of a choice not made
                                           : checked_word(*this, words, scalar, where);
      break;
    case Kind::number:
      *std::get<double*>(field) = checked_number(*this, scalar, where);
      break;
    case Kind::integer:
      *std::get<int64_t*>(field) = checked_integer(*this, scalar, where);
      break;
    case Kind::seed:
      *std::get<uint64_t*>(field) = checked_seed(*this, scalar, where);
      break;
    case Kind::numbers: {
      std::vector<double> numbers;
      for (const auto& item : items_of(values))
        numbers.push_back(checked_number(*this, item, where));
      check_count(*this, numbers.size(), where);
      *std::get<std::vector<double>*>(field) = std::move(numbers);
      break;
    }
    case Kind::integers: {
      std::vector<int64_t> numbers;
      for (const auto& item : items_of(values))
        numbers.push_back(checked_integer(*this, item, where));
      check_count(*this, numbers.size(), where);
      *std::get<std::vector<int64_t>*>(field) = std::move(numbers);
      break;
    }
    case Kind::toggle:
      *std::get<bool*>(field) =
          values.empty() || checked_word(*this, {"on", "off"}, scalar, where) == "on";
      break;
  }
  given = true;
}

std::string Option::place(const std::string& where) const {
  return where.empty() ? "--" + name : fmt::format("{}: {}", where, name);
}

std::string Option::range_text() const {
  const bool low = range.low > Range{}.low, high = range.high < Range{}.high;
  if (low && high) return fmt::format("{} to {}", exact(range.low), exact(range.high));
  if (low) return fmt::format("at least {}", exact(range.low));
  if (high) return fmt::format("at most {}", exact(range.high));
  return {};
}

std::string Option::initial_text() const {
  return is_list() ? joined_words(initial) : as_value(join(initial));
}

std::string joined_words(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const auto& word : words) quoted.push_back(as_word(word));
  return join(quoted, " ");
}

}  // namespace kdseg::cli
