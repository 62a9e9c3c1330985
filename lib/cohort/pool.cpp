#include "cohort/pool.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "base/errors.h"
#include "base/text.h"
#include "cohort/label_source.h"

namespace kdseg::cohort {
namespace {

using Strata = std::map<std::string, std::vector<std::string>>;

/// "val=0.5" taken apart.
struct Part {
  std::string text, split;
  int64_t count = 0;
  double share = 0;  ///< of every stratum; 0: `count` cases
};

Part parse(const std::string& text) {
  const auto wrong = [&] {
    return UsageError(
        "pool '{}': expected train, val, test or any, and how many: as in train=34, val=0.5, "
        "any=all",
        text);
  };
  const auto equals = text.find('=');
  if (equals == std::string::npos) throw wrong();
  Part part{text, trim(text.substr(0, equals))};
  const std::string how = trim(text.substr(equals + 1));
  if (part.split != "train" && part.split != "val" && part.split != "test" && part.split != "any")
    throw wrong();
  if (how == "all") {
    part.share = 1;
    return part;
  }
  const char* end = how.data() + how.size();
  if (const auto read = std::from_chars(how.data(), end, part.count);
      read.ec == std::errc{} && read.ptr == end && part.count > 0)
    return part;
  const auto read = std::from_chars(how.data(), end, part.share);
  if (read.ec != std::errc{} || read.ptr != end || !(part.share > 0 && part.share < 1))
    throw wrong();
  return part;
}

/// Ids of a split that are not in the pool yet, by stratum.
Strata candidates(const Sheet& sheet, const std::string& split,
                  const std::set<std::string>& chosen) {
  Strata ids;
  for (const auto& row : sheet.rows)
    if ((split == "any" || row.split == split) && !chosen.contains(row.id))
      ids[row.stratum].push_back(row.id);
  return ids;
}

std::vector<int64_t> numbers(const Part& part, const Strata& ids) {
  std::vector<int64_t> sizes;
  int64_t sum = 0;
  for (const auto& [stratum, own] : ids) sum += sizes.emplace_back(own.size());
  if (part.share == 0) {
    if (part.count > sum)
      throw UsageError("pool '{}': {} cases asked for, there are {}", part.text, part.count, sum);
    return in_proportion(part.count, sizes);
  }
  for (auto& size : sizes)
    size = static_cast<int64_t>(std::ceil(part.share * static_cast<double>(size) - 0.5));
  if (part.share == 1)
    for (size_t s = 0; const auto& [stratum, own] : ids)
      sizes[s++] = static_cast<int64_t>(own.size());
  return sizes;
}

}  // namespace

std::set<std::string> choose_pool(const Sheet& sheet, std::span<const std::string> parts,
                                  const std::string& seed) {
  std::set<std::string> chosen, splits;
  for (const auto& text : parts) {
    const Part part = parse(text);
    if (!splits.insert(part.split).second || (splits.size() > 1 && splits.contains("any")))
      throw UsageError("pool '{}': these cases have an entry already", text);
    auto ids = candidates(sheet, part.split, chosen);
    const auto count = numbers(part, ids);
    const size_t before = chosen.size();
    for (size_t s = 0; auto& [stratum, own] : ids) {
      const auto ordered = hash_order(std::move(own), seed);
      chosen.insert(ordered.begin(), ordered.begin() + count[s++]);
    }
    if (chosen.size() == before)
      throw UsageError("pool '{}': the pool would be empty, it takes none of the {} cases", text,
                       sheet.rows.size());
  }
  return chosen;
}

void mark_pool(Sheet& sheet, size_t row, bool pooled) {
  auto& columns = sheet.extra_columns;
  if (std::find(columns.begin(), columns.end(), pool_column) == columns.end()) {
    columns.push_back(pool_column);
    for (auto& other : sheet.rows) other.extra.try_emplace(pool_column);
  }
  sheet.rows[row].extra[pool_column] = pooled ? in_pool : "";
  if (!pooled) return;
  sheet.rows[row].split.clear();
  sheet.rows[row].fold.clear();
}

bool is_pooled(const Row& row) {
  const auto found = row.extra.find(pool_column);
  return found != row.extra.end() && found->second == in_pool;
}

void check_pool(const std::string& path, int64_t line, const Row& row) {
  if (is_pooled(row) && (!row.split.empty() || !row.fold.empty()))
    throw DataError(
        "{}:{}: case {} is in the pool and in {} '{}'; expected one of the two, as preprocess "
        "--pool deals them",
        path, line, row.id, row.split.empty() ? "fold" : "split",
        row.split.empty() ? row.fold : row.split);
}

bool hides_labels(const Row& row) { return is_pooled(row) && !is_annotated(row); }

}  // namespace kdseg::cohort
