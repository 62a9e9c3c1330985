#include "cohort/columns.h"

#include <algorithm>
#include <map>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "cohort/label_source.h"
#include "cohort/pool.h"
#include "io/table.h"

namespace kdseg::cohort {
namespace {

std::string& field_of(Row& row, const std::string& column) {
  if (column == "stratum") return row.stratum;
  if (column == "split") return row.split;
  if (column == "fold") return row.fold;
  return row.extra[column];
}

bool own_field(const std::string& column) {
  return column == "stratum" || column == "split" || column == "fold";
}

void check_table(const io::Table& table, const std::string& path) {
  if (table.has_column("file"))
    throw DataError(
        "{}: column 'file' would move the volumes; expected columns that say something "
        "about cases, as split, fold or site",
        path);
  if (table.columns.size() < 2) throw DataError("{}: no column beside 'case'", path);
}

}  // namespace

void add_columns(Sheet& sheet, const std::string& path) {
  const auto table = io::read_table(path, {"case"});
  check_table(table, path);
  const size_t id_column = table.column("case");
  std::map<std::string, size_t> place;
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const auto id = trim(table.rows[i][id_column]);
    const auto [found, fresh] = place.emplace(id, i);
    if (!fresh)
      throw DataError("{}: case {} is listed twice (lines {} and {})", path, id,
                      table.lines[found->second], table.lines[i]);
  }
  int64_t absent = 0;
  for (auto& row : sheet.rows) {
    const auto found = place.find(row.id);
    if (found == place.end()) {
      ++absent;
      continue;
    }
    for (size_t c = 0; c < table.columns.size(); ++c)
      if (c != id_column) field_of(row, table.columns[c]) = trim(table.rows[found->second][c]);
    check_split(path, table.lines[found->second], row);
    check_labels(path, table.lines[found->second], row);
    check_pool(path, table.lines[found->second], row);
  }
  if (absent == static_cast<int64_t>(sheet.rows.size()))
    throw DataError("{}: names none of the {} cases of the sheet (case {}, say)", path, absent,
                    sheet.rows.empty() ? "" : sheet.rows.front().id);
  if (absent > 0)
    log::warning("{}: {} of {} cases are not listed there and keep what they have", path, absent,
                 sheet.rows.size());
  for (const auto& column : table.columns) {
    if (column == "case" || own_field(column)) continue;
    if (std::find(sheet.extra_columns.begin(), sheet.extra_columns.end(), column) ==
        sheet.extra_columns.end())
      sheet.extra_columns.push_back(column);
    for (auto& row : sheet.rows) row.extra.try_emplace(column);
  }
}

}  // namespace kdseg::cohort
