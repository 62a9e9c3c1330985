#include "io/table.h"

#include <algorithm>
#include <filesystem>

#include "base/errors.h"
#include "base/read_file.h"
#include "base/text.h"
#include "io/atomic_file.h"

namespace kdseg::io {
namespace {

char separator_of(const std::string& path) {
  return std::filesystem::path(path).extension() == ".tsv" ? '\t' : ',';
}

struct Record {
  std::vector<std::string> fields;
  int64_t line = 0;
};

/// RFC 4180 with either separator; lines end with LF or CRLF; empty lines, and the rows of empty
/// cells that spreadsheets leave at the end, are passed over.
class Parser {
 public:
  Parser(std::string_view text, char separator, const std::string& path)
      : text_(text), separator_(separator), path_(path) {}

  Record next() {
    Record record{{}, line_};
    while (field(record)) {
    }
    return record;
  }

  std::vector<Record> all() {
    std::vector<Record> records;
    while (at_ < text_.size()) {
      Record record = next();
      if (std::any_of(record.fields.begin(), record.fields.end(),
                      [](const auto& field) { return !field.empty(); }))
        records.push_back(std::move(record));
    }
    return records;
  }

 private:
  /// Reads one field and what ends it; false at the end of the record.
  bool field(Record& record) {
    std::string value;
    if (at_ < text_.size() && text_[at_] == '"') {
      value = quoted();
      if (at_ < text_.size() && text_[at_] == '\r' && text_.substr(at_, 2) == "\r\n") ++at_;
      if (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n')
        throw DataError("{}:{}: text behind a closing quote", path_, line_);
    } else {
      while (at_ < text_.size() && text_[at_] != separator_ && text_[at_] != '\n')
        value += text_[at_++];
      if ((at_ == text_.size() || text_[at_] == '\n') && value.ends_with('\r')) value.pop_back();
    }
    record.fields.push_back(std::move(value));
    if (at_ == text_.size()) return false;
    if (text_[at_++] == separator_) return true;
    ++line_;
    return false;
  }

  std::string quoted() {
    const int64_t opened = line_;
    std::string value;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        if (text_.substr(at_ + 1, 1) != "\"") {
          ++at_;
          return value;
        }
        ++at_;
      }
      if (text_[at_] == '\n') ++line_;
      value += text_[at_];
    }
    throw DataError("{}:{}: a quote is not closed", path_, opened);
  }

  std::string_view text_;
  char separator_;
  const std::string& path_;
  size_t at_ = 0;
  int64_t line_ = 1;
};

std::string field_text(const std::string& field, char separator) {
  // A first line sep=; would be taken for what spreadsheets say by it.
  const bool plain = field.find_first_of(std::string("\"\r\n") + separator) == std::string::npos;
  if (plain && !field.starts_with("sep=")) return field;
  std::string quoted = "\"";
  for (const char c : field) {
    if (c == '"') quoted += c;
    quoted += c;
  }
  return quoted + '"';
}

void append_row(std::string& text, const std::vector<std::string>& fields, char separator) {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) text += separator;
    text += field_text(fields[i], separator);
  }
  text += '\n';
}

/// The separator that a text uses: where the header line has the required columns by it, what the
/// name says, or else what other programs write under that name (semicolons of spreadsheets, tabs).
/// A first line `sep=;` settles it and is taken away.
char separator_of(const std::string& path, std::string& text,
                  const std::vector<std::string>& required) {
  if (text.starts_with("sep=") && std::min(text.find_first_of("\r\n"), text.size()) == 5) {
    const char said = text[4];
    text.erase(0, std::min(text.find('\n'), text.size()));  // the empty line keeps line numbers
    return said;
  }
  const char usual = separator_of(path);
  char seen = '\0';
  for (const char separator : {usual, ';', '\t', ','}) {
    std::vector<std::string> fields;
    try {
      fields = Parser(text, separator, path).next().fields;
    } catch (const DataError&) {
      continue;  // quotes that make no sense by this separator
    }
    if (fields.size() < 2) continue;
    if (std::all_of(required.begin(), required.end(), [&](const std::string& name) {
          return std::find(fields.begin(), fields.end(), name) != fields.end();
        }))
      return separator;
    if (seen == '\0') seen = separator;
  }
  return seen == '\0' ? usual : seen;
}

/// Spreadsheets write columns that were never filled: without a name and a value, behind the
/// others.
void drop_empty_ends(std::vector<Record>& records) {
  while (records.front().fields.size() > 1 && records.front().fields.back().empty()) {
    const size_t width = records.front().fields.size();
    if (!std::all_of(records.begin(), records.end(), [width](const Record& record) {
          return record.fields.size() == width && record.fields.back().empty();
        }))
      return;
    for (Record& record : records) record.fields.pop_back();
  }
}

}  // namespace

size_t Table::column(const std::string& name) const {
  const auto found = std::find(columns.begin(), columns.end(), name);
  if (found == columns.end())
    throw DataError("{}: no column '{}'{}", file, name, did_you_mean(name, columns));
  return static_cast<size_t>(found - columns.begin());
}

bool Table::has_column(const std::string& name) const {
  return std::find(columns.begin(), columns.end(), name) != columns.end();
}

Table read_table(const std::string& path, const std::vector<std::string>& required) {
  auto text = read_utf8(path);
  // Spreadsheets can end lines with a carriage return alone.
  if (text.find('\n') == std::string::npos) std::replace(text.begin(), text.end(), '\r', '\n');
  const char separator = separator_of(path, text, required);
  auto records = Parser(text, separator, path).all();
  if (records.empty()) throw DataError("{}: empty, expected a header line", path);
  drop_empty_ends(records);
  Table table;
  table.file = path;
  table.columns = std::move(records.front().fields);
  auto sorted = table.columns;
  std::sort(sorted.begin(), sorted.end());
  if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
    throw DataError("{}:{}: {} twice", path, records.front().line,
                    twice->empty() ? "a column without a name" : "column '" + *twice + "'");
  for (const auto& name : required) table.column(name);
  for (size_t i = 1; i < records.size(); ++i) {
    auto& record = records[i];
    if (record.fields.size() != table.columns.size())
      throw DataError("{}:{}: {} fields, the header has {}", path, record.line,
                      record.fields.size(), table.columns.size());
    table.rows.push_back(std::move(record.fields));
    table.lines.push_back(record.line);
  }
  return table;
}

void write_table(const std::string& path, const Table& table, bool force) {
  refuse_existing(path, force);
  const char separator = separator_of(path);
  std::string text;
  append_row(text, table.columns, separator);
  for (const auto& row : table.rows) {
    if (row.size() != table.columns.size())
      throw std::logic_error(fmt::format("{}: a row of {} fields under {} columns", path,
                                         row.size(), table.columns.size()));
    append_row(text, row, separator);
  }
  write_atomic(path, text);
}

}  // namespace kdseg::io
