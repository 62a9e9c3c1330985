// What a stream draws: whole volumes, patches of them, or their slices.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/case_store.h"

namespace kdseg::data {

/// slice: one voxel thick along z, without that axis: [C, H, W].
enum class Unit { volume, patch, slice };
/// required: a case without a label is refused; optional: it trains what needs none; none: labels
/// are never read, even where there are some.
enum class LabelRule { required, optional, none };

/// \throws UsageError  another word; `where` says where it stands
Unit unit_from(const std::string& word, const std::string& where);
LabelRule label_rule_from(const std::string& word, const std::string& where);

/// The items of a stream by number, in the order of its cases.
class Items {
 public:
  static Items of_cases(int64_t cases);
  /// All slices of prepared volumes with these numbers of slices.
  static Items of_slices(const std::vector<int64_t>& slices_of_case);

  struct Item {
    int64_t index = 0;  ///< of the case
    int64_t slice = 0;  ///< z; 0 where items are cases
  };
  int64_t size() const { return ends_.empty() ? cases_ : ends_.back(); }
  Item at(int64_t number) const;

 private:
  int64_t cases_ = 0;
  std::vector<int64_t> ends_;  ///< per case, the number behind its last slice; empty: cases
};

/// The items of these cases: for slices every case is prepared once, in parallel.
/// \throws DataError  naming the case that cannot be prepared
Items items_of(CaseStore& cases, Unit unit, int threads);

}  // namespace kdseg::data
