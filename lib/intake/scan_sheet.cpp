#include "intake/scan_sheet.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "cohort/label_source.h"

namespace kdseg::intake {
namespace {

namespace fs = std::filesystem;

const std::set<std::string> row_columns{"case", "file", "stratum", "split", "fold"};
const std::set<std::string> label_columns{"label", "share", cohort::labels_column};

/// Whether a cell is meant to name a scan: a file or folder that is there, or a name like one.
bool names_scan(const fs::path& folder, const std::string& cell) {
  static const std::vector<std::string> endings{".nii",  ".nii.gz", ".hdr", ".img", ".nrrd",
                                                ".nhdr", ".mha",    ".mhd", ".dcm"};
  std::string low = cell;
  std::transform(low.begin(), low.end(), low.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (low == "n/a") return false;
  for (const auto& ending : endings)
    if (low.ends_with(ending)) return true;
  std::error_code error;
  return cell.find('/') != std::string::npos || fs::exists(folder / cell, error);
}

/// Whether a column holds scans. \throws DataError  it holds scans and something else
bool holds_scans(const io::Table& table, const std::string& column) {
  const fs::path folder = fs::path(table.file).parent_path();
  const size_t at = table.column(column), id = table.column("case");
  std::optional<size_t> odd;
  bool scans = false;
  for (size_t r = 0; r < table.rows.size(); ++r) {
    const std::string cell = trim(table.rows[r][at]);
    if (cell.empty()) continue;
    if (names_scan(folder, cell))
      scans = true;
    else if (!odd)
      odd = r;
  }
  if (scans && odd)
    throw DataError(
        "{}:{}: case {}: column {} holds scans, but '{}' is no file; expected a file or an empty "
        "cell",
        table.file, table.lines[*odd], trim(table.rows[*odd][id]), column,
        trim(table.rows[*odd][at]));
  return scans;
}

/// The scan columns of a sheet: those the manifest names, or all others that hold file names.
std::vector<std::string> channel_columns(const io::Table& table,
                                         const std::optional<cohort::Manifest>& manifest) {
  std::vector<std::string> channels;
  if (manifest) {
    for (const auto& [name, suffixes] : manifest->modalities) {
      table.column(name);
      channels.push_back(name);
    }
    return channels;
  }
  std::vector<std::string> carried;
  for (const auto& column : table.columns)
    if (!row_columns.contains(column) && !label_columns.contains(column) && column != "patient")
      (holds_scans(table, column) ? channels : carried).push_back(column);
  if (channels.empty())
    throw DataError(
        "{}: no column of scans; expected case, one column of file names per channel, label, "
        "stratum{}",
        table.file, carried.empty() ? "" : fmt::format("; no file is named in {}", join(carried)));
  if (!carried.empty())
    log::info("{}: no file is named in {}: carried along as {}", table.file, join(carried),
              carried.size() == 1 ? "a column" : "columns");
  return channels;
}

}  // namespace

std::vector<ImageFile> channels_of(const std::string& names, const std::string& path) {
  const auto channels = split(names, ',');
  std::vector<ImageFile> images;
  for (size_t i = 0; i < channels.size(); ++i)
    images.push_back({trim(channels[i]), path, i, channels.size()});
  return images;
}

void list_scan_sheet(const io::Table& table, CaseList& list) {
  if (table.rows.empty()) throw DataError("{}: a header and no case", table.file);
  const auto channels = channel_columns(table, list.manifest);
  const fs::path folder = fs::path(table.file).parent_path();
  for (const auto& column : table.columns)
    if (!row_columns.contains(column) && column != "label" && column != "share" &&
        std::find(channels.begin(), channels.end(), column) == channels.end())
      list.sheet.extra_columns.push_back(column);
  std::map<std::string, int64_t> seen;
  for (size_t r = 0; r < table.rows.size(); ++r) {
    const int64_t line = table.lines[r];
    const auto value = [&](const std::string& column) {
      return table.has_column(column) ? trim(table.rows[r][table.column(column)]) : std::string{};
    };
    const auto file = [&](const std::string& column) {
      const std::string name = value(column);
      return name.empty() ? name : (folder / name).lexically_normal().string();
    };
    cohort::Row row;
    row.id = value("case");
    cohort::check_case_id(fmt::format("{}:{}", table.file, line), row.id);
    if (const auto [known, fresh] = seen.emplace(row.id, line); !fresh)
      throw DataError("{}: case {} is listed twice (lines {} and {})", table.file, row.id,
                      known->second, line);
    row.stratum = value("stratum");
    row.split = value("split");
    row.fold = value("fold");
    for (const auto& column : list.sheet.extra_columns) row.extra[column] = value(column);
    cohort::check_labels(table.file, line, row);
    ListedCase listed;
    listed.files = {row.id, row.stratum, {}, file("label")};
    listed.files.share = file("share");
    listed.patient = value("patient").empty() ? row.id : value("patient");
    for (const auto& channel : channels) {
      auto images = channels_of(channel, file(channel));
      for (auto& image : images) {
        if (image.path.empty())
          listed.missing.push_back(image.channel);
        else
          listed.files.images.push_back(std::move(image));
      }
    }
    if (listed.files.images.empty())
      listed.rejected = fmt::format("no scan at all: no {} ({}:{})", join(listed.missing, ", no "),
                                    table.file, line);
    list.sheet.rows.push_back(std::move(row));
    list.cases.push_back(std::move(listed));
  }
}

}  // namespace kdseg::intake
