#include "phantom/faults.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::phantom {

std::string describe(const std::vector<FaultKind>& kinds) {
  std::string text;
  for (const auto& kind : kinds)
    text += (text.empty() ? "" : "; ") + std::string(kind.name) + ": " + kind.meaning;
  return text;
}

std::vector<std::string> Plants::of(int64_t index) const {
  const auto found = by_case.find(index);
  return found == by_case.end() ? std::vector<std::string>{} : found->second;
}

bool Plants::has(int64_t index, const std::string& fault) const {
  const auto found = by_case.find(index);
  return found != by_case.end() &&
         std::find(found->second.begin(), found->second.end(), fault) != found->second.end();
}

bool Plants::cohort_has(const std::string& fault) const {
  return std::find(cohort.begin(), cohort.end(), fault) != cohort.end();
}

Plants parse_plants(const std::vector<FaultKind>& kinds, const std::vector<std::string>& entries,
                    int64_t cases) {
  std::vector<std::string> names;
  for (const auto& kind : kinds) names.emplace_back(kind.name);
  Plants plants;
  int64_t next = 0;
  for (const auto& entry : entries) {
    const size_t equals = entry.find('=');
    const std::string name = entry.substr(0, equals);
    const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                   [&](const FaultKind& k) { return k.name == name; });
    if (kind == kinds.end())
      throw UsageError("plant: unknown fault '{}'{}", name, did_you_mean(name, names));
    if (kind->of_cohort) {
      if (equals != std::string::npos)
        throw UsageError("plant: {} concerns the whole cohort and takes no case number", name);
      plants.cohort.push_back(name);
      continue;
    }
    int64_t index = next++ % cases;
    if (equals != std::string::npos) {
      const auto number = parse_integer(entry.substr(equals + 1));
      if (!number || *number < 1 || *number > cases)
        throw UsageError("plant: '{}' does not name a case from 1 to {}", entry, cases);
      index = *number - 1;
    }
    plants.by_case[index].push_back(name);
  }
  return plants;
}

}  // namespace kdseg::phantom
