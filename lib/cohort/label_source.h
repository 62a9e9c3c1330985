// The columns `labels` and `weight` of a sheet: where a case's labels come from, how far they
// count.
#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "cohort/sheet.h"

namespace kdseg::cohort {

inline constexpr const char *labels_column = "labels", *truth = "truth", *annotation = "annotation";

inline constexpr const char* weight_column = "weight";

/// \throws DataError  the row's `labels` is not truth, annotation or nothing (which stands for
///                    truth), its `weight` no number above 0 up to 1000; `path` and `line` say
///                    where
void check_labels(const std::string& path, int64_t line, const Row& row);

/// Whether networks or another program made the labels, so that scores against them are no test.
bool is_annotated(const Row& row);
/// What the losses of the case's labels are multiplied by in training; 1 where the sheet says none.
double weight_of(const Row& row);
int64_t count_annotated(std::span<const Row> rows);

/// Sets the column for all rows, or for row `row`, and adds it where the sheet has none.
void mark_labels(Sheet& sheet, const std::string& source);
void mark_labels(Sheet& sheet, size_t row, const std::string& source);

}  // namespace kdseg::cohort
