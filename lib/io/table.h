// CSV and TSV tables with a checked header.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace kdseg::io {

struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;

  /// Column number; DataError naming `file` and the nearest column when absent.
  size_t column(const std::string& name) const;
  bool has_column(const std::string& name) const;
  std::string file = "(memory)";
  std::vector<int64_t> lines;  ///< of each row in `file`; filled by read_table
};

/// Separator by extension: .tsv tab, else comma; where the header line has none, a semicolon or the
/// other of the two (as spreadsheets write them). Quotes as in RFC 4180.
/// \throws DataError  missing, unreadable, empty, a row with another number of fields
/// (line named),
///                    a column of `required` absent
Table read_table(const std::string& path, const std::vector<std::string>& required = {});
/// Atomic. UsageError when it exists and not force.
void write_table(const std::string& path, const Table& table, bool force);

}  // namespace kdseg::io
