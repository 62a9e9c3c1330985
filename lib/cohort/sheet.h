// cases.tsv: the one place that says which case trains, validates and tests.
#pragma once
#include <map>
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

/// Rows that satisfy every condition of `where` ("split=train", "fold!=2", "split=train,val"),
/// `ids` and `limit`, in the sheet's order.
/// \throws UsageError  malformed condition, unknown column (nearest named), no case left
std::vector<Row> select(const Sheet& sheet, const CaseSelection& selection);

/// Splits by hash order, stratified (model-distillation.md 2.4): cases of each stratum sorted by
/// SHA-256 of "<seed>/<id>", then dealt in proportion. `counts` are the sizes of train, val, test.
void deal_split(Sheet& sheet, std::span<const int64_t> counts, uint64_t seed);
void deal_folds(Sheet& sheet, int64_t folds, uint64_t seed);

}  // namespace kdseg::cohort
