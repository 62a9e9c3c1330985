#include "cohort/sheet.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

#include "base/errors.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/utf8.h"
#include "cohort/label_source.h"
#include "cohort/pool.h"
#include "io/atomic_file.h"
#include "io/table.h"

namespace kdseg::cohort {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> fixed_columns{"case", "file", "stratum", "split", "fold"};
const std::vector<std::string> split_names{"train", "val", "test"};

const std::string& value_of(const Row& row, const std::string& column) {
  if (column == "case") return row.id;
  if (column == "file") return row.file;
  if (column == "stratum") return row.stratum;
  if (column == "split") return row.split;
  if (column == "fold") return row.fold;
  return row.extra.at(column);
}

std::vector<std::string> columns_of(const Sheet& sheet) {
  auto columns = fixed_columns;
  columns.insert(columns.end(), sheet.extra_columns.begin(), sheet.extra_columns.end());
  return columns;
}

void check_row(const std::string& path, int64_t line, const Row& row) {
  check_case_id(fmt::format("{}:{}", path, line), row.id);
  if (row.file.empty()) throw DataError("{}:{}: case {} has no file", path, line, row.id);
  check_split(path, line, row);
  check_labels(path, line, row);
  check_pool(path, line, row);
}

/// "split=train,val" taken apart.
struct Condition {
  std::string column;
  bool negated = false;
  std::vector<std::string> values;

  bool holds(const Row& row) const {
    const auto& value = value_of(row, column);
    return (std::find(values.begin(), values.end(), value) != values.end()) != negated;
  }
};

Condition parse_condition(const std::string& text, const std::vector<std::string>& columns) {
  const auto equals = text.find('=');
  Condition condition;
  if (equals != std::string::npos) {
    condition.negated = equals > 0 && text[equals - 1] == '!';
    condition.column = trim(text.substr(0, equals - (condition.negated ? 1 : 0)));
    for (const auto& value : split(text.substr(equals + 1), ','))
      condition.values.push_back(trim(value));
  }
  if (condition.column.empty())
    throw UsageError(
        "condition '{}': expected COLUMN=VALUE or COLUMN!=VALUE, as in split=train or fold!=2",
        text);
  if (std::find(columns.begin(), columns.end(), condition.column) == columns.end())
    throw UsageError("condition '{}': no column '{}'{}", text, condition.column,
                     did_you_mean(condition.column, columns));
  return condition;
}

/// Indices of the sheet's rows, stratum by stratum (in alphabetical order), in hash order.
std::map<std::string, std::vector<size_t>> strata_in_hash_order(const Sheet& sheet,
                                                                const std::string& seed) {
  std::map<std::string, std::vector<std::string>> ids;
  std::map<std::string, size_t> index;
  for (size_t i = 0; i < sheet.rows.size(); ++i) {
    ids[sheet.rows[i].stratum].push_back(sheet.rows[i].id);
    index[sheet.rows[i].id] = i;
  }
  std::map<std::string, std::vector<size_t>> ordered;
  for (auto& [stratum, names] : ids)
    for (const auto& id : hash_order(std::move(names), seed)) ordered[stratum].push_back(index[id]);
  return ordered;
}

/// Moves single cases between two sets of a stratum, the cheapest first, until each set has its
/// wanted total; largest remainders alone can miss it by one per stratum.
void meet_totals(std::vector<std::vector<int64_t>>& dealt,
                 const std::vector<std::vector<double>>& exact, std::span<const int64_t> totals) {
  const size_t sets = totals.size();
  for (;;) {
    std::vector<int64_t> surplus(sets);
    for (size_t j = 0; j < sets; ++j) {
      surplus[j] = -totals[j];
      for (const auto& row : dealt) surplus[j] += row[j];
    }
    size_t best_row = 0, best_from = sets, best_to = sets;
    double best_cost = 1e300;
    for (size_t s = 0; s < dealt.size(); ++s)
      for (size_t from = 0; from < sets; ++from)
        for (size_t to = 0; to < sets; ++to) {
          if (surplus[from] <= 0 || surplus[to] >= 0 || dealt[s][from] == 0) continue;
          const double cost = (exact[s][from] - static_cast<double>(dealt[s][from])) -
                              (exact[s][to] - static_cast<double>(dealt[s][to]));
          if (cost < best_cost) {
            best_cost = cost;
            best_row = s;
            best_from = from;
            best_to = to;
          }
        }
    if (best_from == sets) return;
    --dealt[best_row][best_from];
    ++dealt[best_row][best_to];
  }
}

/// With a ? in place of each character that cannot be seen: two names that look alike must not name
/// two cases, nor a name hide its ending. Control characters of ASCII and Unicode (C1), the soft
/// hyphen, and those of no width: spaces, marks and overrides of direction, byte-order marks; not
/// the joiners, by which some scripts spell.
std::string with_marks_for_unseen(const std::string& text) {
  std::string shown;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = [&](size_t k) {
      return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U;
    };
    const unsigned a = byte(0), b = byte(1), c = byte(2);
    if (a < 0x20 || a == 0x7f) {
      shown += '?';
    } else if (a == 0xc2 && ((b >= 0x80 && b < 0xa0) || b == 0xad)) {  // U+0080 to 009F, 00AD
      shown += '?';
      i += 1;
    } else if ((a == 0xe2 && b == 0x80 && (c >= 0x8b && c <= 0x8f)) ||  // U+200B to 200F
               (a == 0xe2 && b == 0x80 && (c >= 0xa8 && c <= 0xae)) ||  // U+2028 to 202E
               (a == 0xe2 && b == 0x81 && (c >= 0xa0 && c <= 0xaf)) ||  // U+2060 to 206F
               (a == 0xef && b == 0xbb && c == 0xbf)) {                 // U+FEFF
      shown += '?';
      i += 2;
    } else {
      shown += text[i];
    }
  }
  return shown;
}

}  // namespace

std::string patient_of(const Row& row) {
  const auto found = row.extra.find("patient");
  return found == row.extra.end() || found->second.empty() ? row.id : found->second;
}

void check_case_id(const std::string& where, const std::string& id) {
  if (id.empty()) throw DataError("{}: no case id", where);
  if (const std::string shown = with_marks_for_unseen(id); shown != id)
    throw DataError(
        "{}: case '{}' has a control character (shown as ?), such as a tab, a line break or a "
        "character of no width; expected plain text",
        where, shown);
  if (!is_utf8(id)) {
    std::string shown = id;
    std::replace_if(
        shown.begin(), shown.end(), [](unsigned char c) { return c > 0x7e; }, '?');
    throw DataError("{}: case '{}' is not UTF-8 (shown as ?); rename it", where, shown);
  }
  if (id.find('/') != std::string::npos || id.starts_with('.'))
    throw DataError("{}: '{}' is no case id: it cannot name a file", where, id);
  if (id.size() > 200)
    throw DataError("{}: a case id of {} bytes; it names files, so that 200 is the most", where,
                    id.size());
}

void check_split(const std::string& path, int64_t line, const Row& row) {
  if (!row.split.empty() &&
      std::find(split_names.begin(), split_names.end(), row.split) == split_names.end())
    throw DataError("{}:{}: case {} has split '{}', expected train, val, test or nothing", path,
                    line, row.id, row.split);
}

Sheet read_sheet(const std::string& path) {
  const auto table = io::read_table(path, fixed_columns);
  Sheet sheet;
  for (const auto& column : table.columns)
    if (std::find(fixed_columns.begin(), fixed_columns.end(), column) == fixed_columns.end())
      sheet.extra_columns.push_back(column);
  const auto folder = fs::path(path).parent_path();
  std::map<std::string, size_t> seen;
  for (size_t i = 0; i < table.rows.size(); ++i) {
    const auto value = [&](const std::string& name) {
      return trim(table.rows[i][table.column(name)]);
    };
    Row row{value("case"), value("file"), value("stratum"), value("split"), value("fold"), {}, {}};
    for (const auto& column : sheet.extra_columns) row.extra[column] = value(column);
    check_row(path, table.lines[i], row);
    const auto [found, fresh] = seen.emplace(row.id, i);
    if (!fresh) {
      const auto& first = sheet.rows[found->second];
      const auto first_line = table.lines[found->second];
      if (first.split != row.split)
        throw DataError("{}: case {} is in split '{}' (line {}) and in split '{}' (line {})", path,
                        row.id, first.split, first_line, row.split, table.lines[i]);
      throw DataError("{}: case {} is listed twice (lines {} and {})", path, row.id, first_line,
                      table.lines[i]);
    }
    row.path = (folder / row.file).lexically_normal().string();
    sheet.rows.push_back(std::move(row));
  }
  return sheet;
}

void write_sheet(const std::string& path, const Sheet& sheet, bool force) {
  auto folder = fs::path(path).parent_path();
  if (folder.empty()) folder = ".";
  io::Table table;
  table.columns = columns_of(sheet);
  for (const auto& row : sheet.rows) {
    auto placed = row;
    // A sheet dealt elsewhere over the same volumes has to name them from its own folder.
    if (!row.path.empty() && fs::path(row.file).is_relative()) {
      std::error_code error;
      const auto relative = fs::relative(row.path, folder, error);
      if (!error && !relative.empty()) placed.file = relative.string();
    }
    std::vector<std::string> fields;
    for (const auto& column : table.columns) {
      const bool extra = row.extra.contains(column);
      const bool fixed =
          std::find(fixed_columns.begin(), fixed_columns.end(), column) != fixed_columns.end();
      fields.push_back(fixed || extra ? value_of(placed, column) : std::string{});
    }
    table.rows.push_back(std::move(fields));
  }
  io::write_table(path, table, force);
}

std::optional<std::vector<std::string>> ids_meant(const std::string& text,
                                                  const std::vector<std::string>& known) {
  const auto is_known = [&](const std::string& id) {
    return std::find(known.begin(), known.end(), id) != known.end();
  };
  if (is_known(text)) return std::vector<std::string>{text};
  auto items = split_list(text);
  if (items.size() > 1 && std::all_of(items.begin(), items.end(), is_known)) return items;
  return std::nullopt;
}

std::vector<Row> select(const Sheet& sheet, const CaseSelection& selection) {
  const auto columns = columns_of(sheet);
  std::vector<Condition> conditions;
  for (const auto& text : selection.where) conditions.push_back(parse_condition(text, columns));
  std::vector<std::string> known;
  for (const auto& row : sheet.rows) known.push_back(row.id);
  std::vector<std::string> ids;
  for (const auto& text : selection.ids) {
    const auto meant = ids_meant(text, known);
    if (!meant) {
      const auto near = nearest(text, known);
      throw UsageError("{}: no case '{}'{}", selection.cases, text,
                       near ? fmt::format("; did you mean '{}'?", *near) : std::string{});
    }
    ids.insert(ids.end(), meant->begin(), meant->end());
  }
  std::vector<Row> chosen;
  for (const auto& row : sheet.rows) {
    const bool named = ids.empty() || std::find(ids.begin(), ids.end(), row.id) != ids.end();
    if (named && std::all_of(conditions.begin(), conditions.end(),
                             [&](const Condition& c) { return c.holds(row); }))
      chosen.push_back(row);
    if (selection.limit > 0 && static_cast<int64_t>(chosen.size()) == selection.limit) break;
  }
  if (!chosen.empty()) return chosen;
  std::string there;
  for (const auto& condition : conditions) {
    std::set<std::string> values;
    for (const auto& row : sheet.rows) values.insert(value_of(row, condition.column));
    if (values.size() <= 10)
      there += fmt::format("; {} holds: {}", condition.column, fmt::join(values, ", "));
  }
  throw UsageError("{}: no case of {} satisfies {}{}", selection.cases, sheet.rows.size(),
                   selection.where.empty() ? "the selection" : join(selection.where, " and "),
                   there);
}

std::vector<std::string> hash_order(std::vector<std::string> ids, const std::string& seed) {
  std::vector<std::pair<std::string, std::string>> keyed;
  for (auto& id : ids) {
    const auto text = seed + ":" + id;
    keyed.emplace_back(sha256(text), std::move(id));
  }
  std::sort(keyed.begin(), keyed.end());
  ids.clear();
  for (auto& item : keyed) ids.push_back(std::move(item.second));
  return ids;
}

std::vector<int64_t> in_proportion(int64_t n, std::span<const int64_t> shares) {
  int64_t sum = 0;
  for (const int64_t share : shares) sum += share;
  std::vector<int64_t> parts;
  std::vector<std::pair<int64_t, size_t>> remainders;
  int64_t left = n;
  for (size_t j = 0; j < shares.size(); ++j) {
    parts.push_back(n * shares[j] / sum);
    remainders.emplace_back(-(n * shares[j] % sum), j);
    left -= parts.back();
  }
  std::sort(remainders.begin(), remainders.end());
  for (int64_t k = 0; k < left; ++k) ++parts[remainders[static_cast<size_t>(k)].second];
  return parts;
}

void deal_split(Sheet& sheet, std::span<const int64_t> counts, const std::string& seed) {
  const auto n = static_cast<int64_t>(sheet.rows.size());
  int64_t sum = 0;
  for (const int64_t count : counts) {
    if (count < 0 || count > 1'000'000'000)
      throw UsageError("split: {} is not a number of cases", count);
    sum += count;
  }
  if (counts.size() != split_names.size())
    throw UsageError("split: {} numbers, expected three (train, val, test)", counts.size());
  if (sum == 0) throw UsageError("split: all three numbers are 0");
  if (sum != n)
    log::info("split {}: the sheet has {} cases; dealt in these proportions",
              fmt::format("{}", fmt::join(counts, ",")), n);
  const auto strata = strata_in_hash_order(sheet, seed);
  std::vector<std::vector<int64_t>> dealt;
  std::vector<std::vector<double>> exact;
  for (const auto& [stratum, rows] : strata) {
    const auto size = static_cast<int64_t>(rows.size());
    dealt.push_back(in_proportion(size, counts));
    exact.emplace_back();
    for (const int64_t count : counts)
      exact.back().push_back(static_cast<double>(size) * static_cast<double>(count) /
                             static_cast<double>(sum));
  }
  if (sum == n) meet_totals(dealt, exact, counts);
  size_t s = 0;
  for (const auto& [stratum, rows] : strata) {
    size_t next = 0;
    for (size_t j = 0; j < split_names.size(); ++j)
      for (int64_t k = 0; k < dealt[s][j]; ++k) sheet.rows[rows[next++]].split = split_names[j];
    ++s;
  }
}

void deal_split(Sheet& sheet, std::span<const int64_t> counts, uint64_t seed) {
  deal_split(sheet, counts, std::to_string(seed));
}

void deal_folds(Sheet& sheet, int64_t folds, const std::string& seed) {
  const auto n = static_cast<int64_t>(sheet.rows.size());
  if (folds < 2 || folds > n) throw UsageError("folds: {} for {} cases", folds, n);
  // The counter runs on from stratum to stratum, so that folds differ by one case at most.
  int64_t next = 0;
  for (const auto& [stratum, rows] : strata_in_hash_order(sheet, seed))
    for (const size_t row : rows) sheet.rows[row].fold = std::to_string(next++ % folds);
}

void deal_folds(Sheet& sheet, int64_t folds, uint64_t seed) {
  deal_folds(sheet, folds, std::to_string(seed));
}

}  // namespace kdseg::cohort
