#include "scoring/pairs.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>

#include "base/errors.h"
#include "base/folder.h"
#include "base/log.h"
#include "base/text.h"
#include "cohort/label_source.h"
#include "cohort/pool.h"
#include "cohort/sheet.h"
#include "io/table.h"

namespace kdseg::scoring {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> id_of(const std::string& file_name) {
  for (const std::string extension : {".h5", ".nii.gz", ".nii", ".nrrd", ".mha"})
    if (file_name.size() > extension.size() && file_name.ends_with(extension))
      return file_name.substr(0, file_name.size() - extension.size());
  return std::nullopt;
}

/// Files of a folder by case id.
std::map<std::string, std::string> list_cases(const std::string& folder) {
  std::map<std::string, std::string> found;
  for (const fs::path& path : visible_entries(folder)) {
    const auto id = id_of(path.filename().string());
    if (!id || fs::is_directory(path)) continue;
    if (const auto [place, fresh] = found.emplace(*id, path.string()); !fresh)
      throw DataError("{}: case {} has two files, {} and {}", folder, *id,
                      fs::path(place->second).filename().string(), path.filename().string());
  }
  return found;
}

void sort_and_check(std::vector<Pair>& pairs, const std::string& where) {
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) { return a.id < b.id; });
  for (size_t i = 1; i < pairs.size(); ++i)
    if (pairs[i].id == pairs[i - 1].id)
      throw DataError("{}: case {} is listed twice", where, pairs[i].id);
}

/// --case and --limit where there is no sheet to apply them.
void select(std::vector<Pair>& pairs, const CaseSelection& selection) {
  if (!selection.where.empty())
    throw UsageError("--where needs --cases, the table it selects from");
  if (!selection.ids.empty()) {
    std::vector<std::string> known;
    for (const Pair& pair : pairs) known.push_back(pair.id);
    std::vector<std::string> ids;
    for (const auto& text : selection.ids) {
      const auto meant = cohort::ids_meant(text, known);
      if (!meant) throw UsageError("--case {}: no such case{}", text, did_you_mean(text, known));
      ids.insert(ids.end(), meant->begin(), meant->end());
    }
    std::erase_if(pairs, [&](const Pair& pair) {
      return std::find(ids.begin(), ids.end(), pair.id) == ids.end();
    });
  }
  if (selection.limit > 0 && static_cast<int64_t>(pairs.size()) > selection.limit)
    pairs.resize(static_cast<size_t>(selection.limit));
}

std::vector<Pair> from_table(const Sources& sources) {
  const auto table = io::read_table(sources.pairs, {"reference", "prediction"});
  const size_t id = table.column(table.has_column("id") ? "id" : "case");
  const size_t reference = table.column("reference"), prediction = table.column("prediction");
  const auto folder = fs::path(sources.pairs).parent_path();
  const auto resolve = [&](const std::string& path) {
    return path.empty() ? path : (folder / path).string();
  };
  std::vector<Pair> pairs;
  for (const auto& row : table.rows) {
    if (row[id].empty() || row[reference].empty())
      throw DataError("{}: row {} lacks its case or its reference", sources.pairs,
                      pairs.size() + 1);
    Pair pair{row[id], resolve(row[prediction]), resolve(row[reference]), {}, {}, {}};
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string& column = table.columns[i];
      if (column == "brain") pair.brain = resolve(row[i]);
      if (column == "uncertainty") pair.uncertainty = resolve(row[i]);
      if (column.starts_with("uncertainty_") && !row[i].empty())
        pair.uncertainty_of[column.substr(12)] = resolve(row[i]);
    }
    pairs.push_back(std::move(pair));
  }
  sort_and_check(pairs, sources.pairs);
  select(pairs, sources.selection);
  return pairs;
}

std::vector<Pair> from_sheet(const Sources& sources) {
  const auto rows = cohort::select(cohort::read_sheet(sources.selection.cases), sources.selection);
  for (const auto& row : rows)
    if (cohort::hides_labels(row))
      throw DataError(
          "case {} is in the pool (column pool), whose labels are not to be seen; expected "
          "--where pool!=yes",
          row.id);
  if (const auto made = cohort::count_annotated(rows); made > 0)
    log::warning(
        "{} of the {} references were made (column labels: annotation): scores measure agreement "
        "with what made them",
        made, rows.size());
  std::vector<Pair> pairs;
  if (!fs::is_directory(sources.prediction)) {
    if (rows.size() != 1 || !fs::exists(sources.prediction))
      throw DataError("{}: not a folder; the predictions of {} cases are expected there",
                      sources.prediction, rows.size());
    return {{rows.front().id, sources.prediction, rows.front().path, {}, {}, {}}};
  }
  const auto predictions = list_cases(sources.prediction);
  for (const auto& row : rows) {
    const auto found = predictions.find(row.id);
    pairs.push_back(
        {row.id, found == predictions.end() ? "" : found->second, row.path, {}, {}, {}});
  }
  sort_and_check(pairs, sources.selection.cases);
  return pairs;
}

std::vector<Pair> from_paths(const Sources& sources) {
  for (const auto& path : {sources.prediction, sources.reference})
    if (!fs::exists(path)) throw DataError("{}: no such file or folder", path);
  const bool folders = fs::is_directory(sources.reference);
  if (folders != fs::is_directory(sources.prediction))
    throw UsageError("--prediction and --reference must both be files or both be folders");
  std::vector<Pair> pairs;
  if (!folders) {
    const auto id = id_of(fs::path(sources.reference).filename().string());
    pairs = {{id.value_or(fs::path(sources.reference).filename().string()),
              sources.prediction,
              sources.reference,
              {},
              {},
              {}}};
  } else {
    const auto predictions = list_cases(sources.prediction);
    const auto references = list_cases(sources.reference);
    if (references.empty()) throw DataError("{}: no label files there", sources.reference);
    for (const auto& [id, path] : references) {
      const auto found = predictions.find(id);
      pairs.push_back({id, found == predictions.end() ? "" : found->second, path, {}, {}, {}});
    }
    for (const auto& [id, path] : predictions)
      if (!references.contains(id)) log::warning("{} has no reference and is not scored", path);
  }
  select(pairs, sources.selection);
  return pairs;
}

void refuse_missing(const std::vector<Pair>& pairs, const std::string& where) {
  std::vector<std::string> missing;
  for (const Pair& pair : pairs)
    if (pair.prediction.empty()) missing.push_back(pair.id);
  if (missing.empty()) return;
  const size_t count = missing.size();
  if (count > 3) {
    missing.resize(3);
    missing.push_back("...");
  }
  throw DataError("{}: no prediction for {} of {} cases ({}); --missing worst scores them as empty",
                  where, count, pairs.size(), join(missing));
}

void add_uncertainties(std::vector<Pair>& pairs, const std::string& source) {
  if (!fs::exists(source)) throw DataError("{}: no such file or folder", source);
  if (!fs::is_directory(source)) {
    if (pairs.size() != 1)
      throw DataError("{}: not a folder; the uncertainties of {} cases are expected there", source,
                      pairs.size());
    pairs.front().uncertainty = source;
    return;
  }
  const auto files = list_cases(source);
  for (Pair& pair : pairs) {
    if (const auto found = files.find(pair.id); found != files.end())
      pair.uncertainty = found->second;
    const std::string start = pair.id + "_";
    for (auto file = files.lower_bound(start);
         file != files.end() && file->first.starts_with(start); ++file)
      pair.uncertainty_of[file->first.substr(start.size())] = file->second;
    if (!pair.prediction.empty() && pair.uncertainty.empty() && pair.uncertainty_of.empty())
      throw DataError("{}: no uncertainty for case {}; {}.h5 or {}_<region>.nii.gz is expected",
                      source, pair.id, pair.id, pair.id);
  }
}

}  // namespace

std::vector<Pair> pair_up(const Sources& s) {
  const bool sheet = !s.selection.cases.empty(), table = !s.pairs.empty();
  if (table && (sheet || !s.prediction.empty() || !s.reference.empty()))
    throw UsageError("--pairs names all files: leave --cases, --prediction and --reference out");
  if (!table && s.prediction.empty())
    throw UsageError(
        "give --prediction with --reference or --cases, or --pairs, to say what is scored");
  if (!table && sheet != s.reference.empty())
    throw UsageError("give one of --reference and --cases: where the references are");
  auto pairs = table ? from_table(s) : sheet ? from_sheet(s) : from_paths(s);
  if (pairs.empty()) throw UsageError("no case is left to be scored");
  if (!s.missing_is_worst) refuse_missing(pairs, table ? s.pairs : s.prediction);
  if (!s.uncertainty.empty()) add_uncertainties(pairs, s.uncertainty);
  return pairs;
}

}  // namespace kdseg::scoring
