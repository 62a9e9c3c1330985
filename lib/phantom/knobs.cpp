#include "phantom/knobs.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::phantom {

void KnobChecker::number(const char* name, double value, const char*, double low, double high) {
  if (!(value >= low && value <= high))
    throw UsageError("{}: {} is outside {}..{}", name, exact(value), exact(low), exact(high));
}

void KnobChecker::integer(const char* name, int64_t value, const char* help, double low,
                          double high) {
  number(name, static_cast<double>(value), help, low, high);
}

void KnobChecker::range(const char* name, const std::vector<double>& value, const char* help,
                        double low, double high) {
  if (value.size() != 2)
    throw UsageError("{}: expected two numbers, low and high end, found {}", name, value.size());
  for (double end : value) number(name, end, help, low, high);
  if (value[0] > value[1])
    throw UsageError("{}: the low end {} is above the high end {}", name, exact(value[0]),
                     exact(value[1]));
}

void KnobChecker::choice(const char* name, const std::string& value, const char*,
                         const std::vector<std::string>& words) {
  if (std::find(words.begin(), words.end(), value) == words.end())
    throw UsageError("{}: unknown word '{}'{}", name, value, did_you_mean(value, words));
}

void KnobTexts::number(const char* name, double value, const char*, double, double) {
  knobs.push_back({group_, name, exact(value)});
}

void KnobTexts::integer(const char* name, int64_t value, const char*, double, double) {
  knobs.push_back({group_, name, std::to_string(value)});
}

void KnobTexts::range(const char* name, const std::vector<double>& value, const char*, double,
                      double) {
  std::string text;
  for (double end : value) {
    if (!text.empty()) text += ' ';
    text += exact(end);
  }
  knobs.push_back({group_, name, text});
}

void KnobTexts::choice(const char* name, const std::string& value, const char*,
                       const std::vector<std::string>&) {
  knobs.push_back({group_, name, value});
}

}  // namespace kdseg::phantom
