#include "data/items.h"

#include <algorithm>

#include "base/errors.h"
#include "base/parallel.h"

namespace kdseg::data {

Unit unit_from(const std::string& word, const std::string& where) {
  if (word == "volume") return Unit::volume;
  if (word == "patch") return Unit::patch;
  if (word == "slice") return Unit::slice;
  throw UsageError("{}: unit is '{}', expected volume, patch or slice", where, word);
}

LabelRule label_rule_from(const std::string& word, const std::string& where) {
  if (word == "required") return LabelRule::required;
  if (word == "optional") return LabelRule::optional;
  if (word == "none") return LabelRule::none;
  throw UsageError("{}: labels is '{}', expected required, optional or none", where, word);
}

Items Items::of_cases(int64_t cases) {
  Items items;
  items.cases_ = cases;
  return items;
}

Items Items::of_slices(const std::vector<int64_t>& slices_of_case) {
  Items items;
  items.cases_ = static_cast<int64_t>(slices_of_case.size());
  int64_t end = 0;
  for (const int64_t slices : slices_of_case) items.ends_.push_back(end += slices);
  return items;
}

Items::Item Items::at(int64_t number) const {
  if (ends_.empty()) return {number, 0};
  const auto end = std::upper_bound(ends_.begin(), ends_.end(), number);
  const int64_t begin = end == ends_.begin() ? 0 : *(end - 1);
  return {end - ends_.begin(), number - begin};
}

Items items_of(CaseStore& cases, Unit unit, int threads) {
  if (unit != Unit::slice) return Items::of_cases(cases.size());
  std::vector<int64_t> slices(static_cast<size_t>(cases.size()));
  parallel_for(cases.size(), threads, [&](int64_t i) {
    slices[static_cast<size_t>(i)] = cases.get(i)->data.image.grid.size[2];
  });
  return Items::of_slices(slices);
}

}  // namespace kdseg::data
