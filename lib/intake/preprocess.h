// From a data set to case volumes and the sheet that lists them: what the program preprocess does.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/run_context.h"
#include "intake/case_list.h"

namespace kdseg::intake {

struct PreprocessSettings {
  CaseListSettings from;
  std::string output;          ///< one volume; for explicit files
  std::string output_dir;      ///< <case>.h5 and cases.tsv; for many cases
  std::string sheet;           ///< only deal a new sheet over the volumes of from.selection.cases
  std::string recipe;          ///< INI file; empty: source volumes
  std::vector<int64_t> split;  ///< sizes of train, val, test; empty: not dealt
  bool proportions = false;    ///< split says proportions, whatever the number of cases
  int64_t folds = 0;           ///< 0: not dealt
  std::vector<std::string> pool;  ///< cases to set apart, see cohort::deal_pool; empty: none
  std::string split_seed = "0";
  std::string columns;        ///< table of columns by case, split and fold among them; empty: none
  std::string store = "f32";  ///< f32 or f16
  bool check = false;         ///< print one line per case, write nothing
};

/// Cases are read in parallel; the first failure ends the run and names its case. Volumes finished
/// before an interruption are kept by the same command. cases.tsv appears last, atomically.
/// \throws UsageError  outputs exist, options that do not fit, a split larger than the cohort
/// \throws DataError   a case that cannot be used; see import_case and Recipe::apply
/// \throws Stopped     a signal or deadline; the same command continues
void preprocess(const PreprocessSettings& settings, const RunContext& run);

/// Adds the given columns, then deals splits, folds and the pool over the rows. Cases of one
/// patient (column `patient`) stay together. \throws UsageError  more cases asked for than there
/// are \throws DataError   see cohort::add_columns
void deal_sheet(cohort::Sheet& sheet, const PreprocessSettings& settings);

}  // namespace kdseg::intake
