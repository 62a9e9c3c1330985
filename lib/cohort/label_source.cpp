#include "cohort/label_source.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::cohort {

void check_labels(const std::string& path, int64_t line, const Row& row) {
  const auto found = row.extra.find(labels_column);
  if (found != row.extra.end() && !found->second.empty() && found->second != truth &&
      found->second != annotation)
    throw DataError("{}:{}: case {} has labels '{}', expected truth, annotation or nothing", path,
                    line, row.id, found->second);
  const auto weight = row.extra.find(weight_column);
  if (weight == row.extra.end() || weight->second.empty()) return;
  const double value = parse_number(weight->second).value_or(0);
  if (!(value > 0 && value <= 1000))
    throw DataError(
        "{}:{}: case {} has weight '{}', expected a number above 0 up to 1000, or nothing", path,
        line, row.id, weight->second);
}

bool is_annotated(const Row& row) {
  const auto found = row.extra.find(labels_column);
  return found != row.extra.end() && found->second == annotation;
}

double weight_of(const Row& row) {
  const auto found = row.extra.find(weight_column);
  return found == row.extra.end() ? 1 : parse_number(found->second).value_or(1);
}

int64_t count_annotated(std::span<const Row> rows) {
  return std::count_if(rows.begin(), rows.end(), is_annotated);
}

void mark_labels(Sheet& sheet, const std::string& source) {
  for (size_t i = 0; i < sheet.rows.size(); ++i) mark_labels(sheet, i, source);
}

void mark_labels(Sheet& sheet, size_t row, const std::string& source) {
  auto& columns = sheet.extra_columns;
  if (std::find(columns.begin(), columns.end(), labels_column) == columns.end()) {
    columns.push_back(labels_column);
    for (auto& other : sheet.rows) other.extra.try_emplace(labels_column);
  }
  sheet.rows[row].extra[labels_column] = source;
}

}  // namespace kdseg::cohort
