#include "cohort/label_source.h"

#include <algorithm>

#include "base/errors.h"

namespace kdseg::cohort {

void check_labels(const std::string& path, int64_t line, const Row& row) {
  const auto found = row.extra.find(labels_column);
  if (found == row.extra.end() || found->second.empty() || found->second == truth ||
      found->second == annotation)
    return;
  throw DataError("{}:{}: case {} has labels '{}', expected truth, annotation or nothing", path,
                  line, row.id, found->second);
}

bool is_annotated(const Row& row) {
  const auto found = row.extra.find(labels_column);
  return found != row.extra.end() && found->second == annotation;
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
