// cases.tsv: the one place that says which case trains, validates and tests.
#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/run_settings.h"
#include "base/volume.h"

namespace kdseg::cohort {

struct Row {
  std::string id, file, stratum, split, fold;
  std::map<std::string, std::string> extra;  ///< free columns
  std::string path;                          ///< file, resolved against the sheet's folder
};

struct Sheet {
  std::vector<Row> rows;
  std::vector<std::string> extra_columns;
};

/// \throws DataError  missing column, duplicate case, a case in two splits (both lines named)
Sheet read_sheet(const std::string& path);
void write_sheet(const std::string& path, const Sheet& sheet, bool force);

/// Whose scan a row is: its column `patient`, or else the case itself.
std::string patient_of(const Row& row);

/// An id names files and stands in tables: no slash, no point in front, no control character, no
/// blank at either end. \throws DataError  otherwise; starts with `where`
void check_case_id(const std::string& where, const std::string& id);

/// \throws DataError  row.split is not train, val, test or nothing; `path` and `line` say where
void check_split(const std::string& path, int64_t line, const Row& row);

/// The ids that a text of --case means: one id of `known`, or else several, split by blanks and
/// commas, which ids may hold themselves. Nothing where it is neither.
std::optional<std::vector<std::string>> ids_meant(const std::string& text,
                                                  const std::vector<std::string>& known);

/// Rows that satisfy every condition of `where` ("split=train", "fold!=2", "split=train,val"),
/// `ids` and `limit`, in the sheet's order.
/// \throws UsageError  malformed condition, unknown column (nearest named), no case left
std::vector<Row> select(const Sheet& sheet, const CaseSelection& selection);

/// The ids sorted by (SHA-256 of "<seed>:<id>" in hex, id): an order that depends on nothing but
/// the ids and the seed, so that anybody can repeat it.
std::vector<std::string> hash_order(std::vector<std::string> ids, const std::string& seed);

/// n dealt to sets in proportion to `shares` by largest remainder; ties go to the earlier set.
std::vector<int64_t> in_proportion(int64_t n, std::span<const int64_t> shares);

/// Splits, stratified: each stratum's cases in hash order, the first to train, the next to val, the
/// rest to test. `counts` are the sizes of train, val and test; each stratum is dealt in their
/// proportion by largest remainder, and the sizes are met exactly when they sum to the number of
/// cases. \throws UsageError  not three numbers, negative, all 0
void deal_split(Sheet& sheet, std::span<const int64_t> counts, const std::string& seed);
void deal_split(Sheet& sheet, std::span<const int64_t> counts, uint64_t seed);

/// Folds "0" to "<folds-1>", stratified in the same order; sizes differ by one at most.
/// \throws UsageError  fewer than 2 folds or more than cases
void deal_folds(Sheet& sheet, int64_t folds, const std::string& seed);
void deal_folds(Sheet& sheet, int64_t folds, uint64_t seed);

}  // namespace kdseg::cohort
