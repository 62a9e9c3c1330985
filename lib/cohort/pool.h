// The pool: cases set apart, whose labels no training and no score may see (column `pool` = yes).
#pragma once
#include <set>
#include <span>
#include <string>

#include "cohort/sheet.h"

namespace kdseg::cohort {

inline constexpr const char *pool_column = "pool", *in_pool = "yes";

/// Ids of the cases to set apart. `parts` are SPLIT=HOW, SPLIT being train, val, test or any
/// (whatever the split): a whole number is that many cases, dealt over the strata by largest
/// remainder; a part between 0 and 1 is that part of each stratum, to the nearest case, a half
/// downwards; `all` is all of them. They are the first of each stratum in hash_order. \throws
/// UsageError  malformed or repeated entry, more cases than there are, none at all
std::set<std::string> choose_pool(const Sheet& sheet, std::span<const std::string> parts,
                                  const std::string& seed);

/// Sets the column for row `row`, and adds it where the sheet has none. A case in the pool has
/// neither split nor fold.
void mark_pool(Sheet& sheet, size_t row, bool pooled);

bool is_pooled(const Row& row);

/// \throws DataError  the row is in the pool and in a split or fold; `path` and `line` say where
void check_pool(const std::string& path, int64_t line, const Row& row);

/// Whether the row is in the pool with labels that are the truth, if it has any: those are not to
/// be read. Labels that were made (column `labels`) are what a pool is for.
bool hides_labels(const Row& row);

}  // namespace kdseg::cohort
