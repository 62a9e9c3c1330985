#include "intake/preprocess.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "base/errors.h"
#include "base/interrupt.h"
#include "base/kept_memory.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/read_file.h"
#include "base/sha256.h"
#include "base/text.h"
#include "cohort/columns.h"
#include "cohort/pool.h"
#include "intake/check.h"
#include "intake/journal.h"
#include "io/atomic_file.h"
#include "io/verify.h"
#include "io/volume_file.h"
#include "prepare/recipe.h"

namespace kdseg::intake {
namespace {

namespace fs = std::filesystem;

void check_outputs(const PreprocessSettings& s) {
  const bool one = !s.from.images.empty();
  if (s.check) return;
  const int targets = !s.output.empty() + !s.output_dir.empty() + !s.sheet.empty();
  if (targets != 1)
    throw UsageError(
        "expected one of --output FILE (with --image), --output-dir DIR and --sheet "
        "FILE, found {}",
        targets);
  if (one != !s.output.empty())
    throw UsageError("--output goes with --image, --output-dir with --cases or --root");
  if (one && fs::path(s.output).extension() != ".h5")
    throw UsageError("--output {}: expected a name ending in .h5", s.output);
  if (!s.sheet.empty() && (s.from.selection.cases.empty() || !s.recipe.empty()))
    throw UsageError("--sheet deals a new sheet over the volumes of --cases SHEET, nothing else");
  const bool deals = !s.split.empty() || s.folds != 0 || !s.columns.empty() || !s.pool.empty();
  if (!s.sheet.empty() && !deals)
    throw UsageError("--sheet needs --split N,N,N, --folds K, --pool SPLIT=HOW or --columns FILE");
  if (one && deals)
    throw UsageError(
        "--split, --folds, --pool and --columns are for many cases; --image gives one");
}

/// Rejected cases and missing files end the run before anything is written.
void check_inputs(const CaseList& list) {
  int64_t rejected = 0;
  const ListedCase* first = nullptr;
  for (const auto& listed : list.cases)
    if (!listed.rejected.empty()) {
      if (!first) first = &listed;
      ++rejected;
    }
  if (first)
    throw DataError(
        "case {}: {}{}", first->files.id, first->rejected,
        rejected > 1 ? fmt::format(" ({} cases rejected; --check lists them)", rejected) : "");
  for (const auto& listed : list.cases)
    for (const auto& file : input_files(listed)) {
      std::error_code error;
      if (!fs::exists(file, error)) throw DataError("case {}: no file {}", listed.files.id, file);
    }
}

/// Everything a stored volume depends on. Input files count by name, size and time of change.
std::string key_of(const ListedCase& listed, const CaseList& list, const std::string& recipe_ini,
                   const PreprocessSettings& s, const std::string& version) {
  std::string text = fmt::format("{}\n{}\n{}\n{}\n{}\n", version, s.store, recipe_ini,
                                 listed.files.id, listed.files.stratum);
  text += reading_of(listed.files);
  for (const auto& file : input_files(listed)) {
    std::error_code error;
    text += fmt::format("{} {} {}\n", file, fs::file_size(file, error),
                        fs::last_write_time(file, error).time_since_epoch().count());
  }
  if (!listed.files.share.empty()) text += join(listed.files.share_order, ",") + "\n";
  if (list.meaning) {
    text += fmt::format("{}\n{}\n", join(list.meaning->classes.names),
                        fmt::join(list.meaning->classes.codes, ","));
    for (const auto& region : list.meaning->regions)
      text += fmt::format("{} {}\n", region.name, fmt::join(region.codes, ","));
    for (const auto& [from, to] : list.meaning->aliases) text += fmt::format("{}>{}\n", from, to);
  }
  return sha256(text);
}

const LabelMeaning* meaning_of(const CaseList& list) {
  return list.meaning ? &*list.meaning : nullptr;
}

/// Volumes that fitting a recipe has read, for the cases that are written after it; as many as a
/// small part of the memory holds.
class ReadVolumes {
 public:
  explicit ReadVolumes(size_t cases)
      : volumes_(cases), room_(std::min(usable_memory_bytes() / 8, int64_t{2} << 30)) {}

  void keep(size_t at, const Volume& volume) {
    const Case& data = volume.data;
    int64_t bytes = static_cast<int64_t>(data.image.voxels.size() * sizeof(float));
    if (data.label) bytes += static_cast<int64_t>(data.label->voxels.size());
    if (data.share) bytes += static_cast<int64_t>(data.share->image.voxels.size() * sizeof(float));
    if (room_.fetch_sub(bytes) >= bytes)
      volumes_[at] = volume;
    else
      room_ += bytes;
  }
  std::optional<Volume> take(size_t at) { return std::exchange(volumes_[at], std::nullopt); }

 private:
  std::vector<std::optional<Volume>> volumes_;
  std::atomic<int64_t> room_;
};

/// The recipe, fitted on the training cases: those of split train, or all where nothing is split.
std::optional<prepare::Recipe> fit_recipe(const PreprocessSettings& s, const CaseList& list,
                                          ReadVolumes& read, int threads) {
  if (s.recipe.empty()) return std::nullopt;
  const auto section = prepare::parse_recipe(read_utf8(s.recipe), s.recipe);
  std::vector<size_t> training;
  const auto& rows = list.sheet.rows;
  const bool split =
      std::any_of(rows.begin(), rows.end(), [](const auto& r) { return !r.split.empty(); });
  for (size_t i = 0; i < rows.size(); ++i)
    if (!split || rows[i].split == "train") training.push_back(i);
  auto recipe = prepare::Recipe::fit(
      section, static_cast<int64_t>(training.size()),
      [&](int64_t i) {
        throw_if_stopped();
        const size_t at = training[static_cast<size_t>(i)];
        Volume volume = load_case(list.cases[at], meaning_of(list));
        read.keep(at, volume);
        return volume;
      },
      threads);
  log::info("recipe {} (id {})", s.recipe, recipe.id());
  return recipe;
}

/// Imports (unless it was `read` before), prepares and writes one case. \return content_sha256
std::string write_case(const ListedCase& listed, const CaseList& list, const std::string& path,
                       const std::optional<prepare::Recipe>& recipe, std::optional<Volume> read,
                       const PreprocessSettings& s, const RunContext& run) {
  throw_if_stopped();
  Volume volume = read ? std::move(*read) : load_case(listed, meaning_of(list));
  if (recipe) volume = recipe->apply(volume);
  Provenance provenance = run.provenance;
  provenance.inputs = input_files(listed);
  return io::write_volume(path, volume, provenance, {.force = true, .half = s.store == "f16"});
}

void write_one(const PreprocessSettings& s, const RunContext& run, const CaseList& list) {
  refuse_inputs_as_outputs(input_files(list.cases[0]), {s.output});
  ReadVolumes read(1);
  const auto recipe = fit_recipe(s, list, read, run.threads);
  const auto content = write_case(list.cases[0], list, s.output, recipe, read.take(0), s, run);
  log::info("{}: content_sha256 {}", s.output, content);
}

/// One run over many cases into a folder.
class FolderRun {
 public:
  FolderRun(const PreprocessSettings& s, const RunContext& run, CaseList& list)
      : s_(s),
        run_(run),
        list_(list),
        sheet_path_((fs::path(s.output_dir) / "cases.tsv").string()) {}

  void operator()() {
    refuse_inputs_in(s_.output_dir, list_, s_.from);
    const bool own = run_.claims->folder(s_.output_dir);
    may_replace_ = own || run_.claims->force();
    io::refuse_existing(sheet_path_, may_replace_);
    journal_.emplace((fs::path(s_.output_dir) / "preprocess.journal").string());
    read_.emplace(list_.cases.size());
    recipe_ = fit_recipe(s_, list_, *read_, run_.threads);
    plan();
    run_.claims->begin();
    write_volumes();
    cohort::write_sheet(sheet_path_, list_.sheet, true);
    journal_->remove();
    report();
  }

 private:
  /// Decides per case: keep what an interrupted run finished, write the rest, refuse strangers.
  void plan() {
    const std::string ini = recipe_ ? recipe_->ini() : "source";
    const auto n = list_.cases.size();
    content_.resize(n);
    for (size_t i = 0; i < n; ++i) {
      auto& row = list_.sheet.rows[i];
      row.file = row.id + ".h5";
      row.path = (fs::path(s_.output_dir) / row.file).string();
      keys_.push_back(key_of(list_.cases[i], list_, ini, s_, run_.provenance.version));
      if (!path_exists(row.path)) continue;
      throw_if_stopped();
      if (const auto content = journal_->finished(row.id, keys_[i]);
          content && holds(row.path, *content)) {
        content_[i] = *content;
        ++kept_;
      } else if (!may_replace_) {
        throw UsageError(
            "{} exists and is not the unfinished work of this command; --force "
            "replaces it",
            row.path);
      }
    }
  }

  /// Whether the file is whole and has that content.
  static bool holds(const std::string& file, const std::string& content) {
    try {
      return io::verified_content_sha256(file) == content;
    } catch (const DataError& e) {
      log::warning("{}; made again", e.what());
      return false;
    }
  }

  void write_volumes() {
    const auto n = static_cast<int64_t>(list_.cases.size());
    if (kept_ > 0) log::info("{} of {} volumes kept from the interrupted run", kept_, n);
    Progress progress("preprocess", n - kept_, "cases");
    parallel_for(n, run_.threads, [&](int64_t at) {
      const auto i = static_cast<size_t>(at);
      if (!content_[i].empty()) return;
      const auto& row = list_.sheet.rows[i];
      content_[i] = write_case(list_.cases[i], list_, row.path, recipe_, read_->take(i), s_, run_);
      journal_->add(row.id, keys_[i], content_[i]);
      log::debug("{}: content_sha256 {}", row.path, content_[i]);
      progress.advance(1, row.id);
    });
  }

  void report() const {
    std::string all;
    std::map<std::string, int64_t> splits;
    for (size_t i = 0; i < content_.size(); ++i) {
      all += list_.sheet.rows[i].id + " " + content_[i] + "\n";
      if (!list_.sheet.rows[i].split.empty()) ++splits[list_.sheet.rows[i].split];
      if (cohort::is_pooled(list_.sheet.rows[i])) ++splits["in the pool"];
    }
    std::vector<std::string> parts;
    for (const auto& [name, count] : splits) parts.push_back(fmt::format("{} {}", name, count));
    log::info("{}: {} cases{}{}", sheet_path_, content_.size(), parts.empty() ? "" : ", ",
              join(parts));
    log::info("content_sha256 {} of all volumes together", sha256(all));
  }

  const PreprocessSettings& s_;
  const RunContext& run_;
  CaseList& list_;
  std::string sheet_path_;
  std::optional<Journal> journal_;
  bool may_replace_ = false;  ///< by force, or as unfinished work of the same command
  std::optional<ReadVolumes> read_;
  std::optional<prepare::Recipe> recipe_;
  std::vector<std::string> keys_, content_;
  int64_t kept_ = 0;
};

void log_findings(const CaseList& list) {
  for (const auto& fault : list.faults) log::warning("{}", fault);
  int64_t unlabeled = 0;
  for (const auto& listed : list.cases) {
    if (!listed.missing.empty() && listed.rejected.empty())
      log::warning("case {}: no {} scan; its volume has the other channels", listed.files.id,
                   join(listed.missing, ", no "));
    for (const auto& fix_up : listed.fix_ups) log::warning("case {}: {}", listed.files.id, fix_up);
    unlabeled += listed.volume.empty() && listed.files.label.empty() && listed.files.share.empty();
  }
  if (unlabeled > 0 && list.cases.size() > 1)
    log::info("{} of {} cases have no label", unlabeled, list.cases.size());
}

std::vector<size_t> outside_of_pool(const cohort::Sheet& sheet) {
  std::vector<size_t> rows;
  for (size_t i = 0; i < sheet.rows.size(); ++i)
    if (!cohort::is_pooled(sheet.rows[i])) rows.push_back(i);
  return rows;
}

/// One row per patient, with stratum and split of the first case.
cohort::Sheet patients_of(const cohort::Sheet& sheet, const std::vector<size_t>& rows) {
  cohort::Sheet patients;
  std::set<std::string> seen;
  for (const size_t i : rows) {
    const auto& row = sheet.rows[i];
    if (!seen.insert(cohort::patient_of(row)).second) continue;
    auto& one = patients.rows.emplace_back();
    one.id = cohort::patient_of(row);
    one.stratum = row.stratum;
    one.split = row.split;
  }
  return patients;
}

}  // namespace

void deal_sheet(cohort::Sheet& sheet, const PreprocessSettings& s) {
  if (!s.columns.empty()) cohort::add_columns(sheet, s.columns);
  if (s.proportions && s.split.empty()) throw UsageError("--proportions goes with --split N,N,N");
  if (s.split.empty() && s.folds == 0 && s.pool.empty()) return;
  const auto free = outside_of_pool(sheet);
  if (const auto n = sheet.rows.size(); free.size() < n && !s.pool.empty())
    throw UsageError(
        "--pool: {} cases are in a pool already; expected the sheet that it was dealt from",
        n - free.size());
  auto patients = patients_of(sheet, free);
  const auto n = static_cast<int64_t>(free.size());
  const int64_t asked = std::accumulate(s.split.begin(), s.split.end(), int64_t{0});
  if (asked > n && !s.proportions)
    throw UsageError("--split {} asks for {} cases, there are {}; --proportions deals any number",
                     fmt::join(s.split, ","), asked, n);
  if (patients.rows.size() < free.size())
    log::info("{} cases of {} patients: dealt by patient, so sizes are approximate", n,
              patients.rows.size());
  if (!s.split.empty()) cohort::deal_split(patients, s.split, s.split_seed);
  const auto pool = cohort::choose_pool(patients, s.pool, s.split_seed);
  // Folds are dealt over what the pool leaves, so that they differ by one patient at most.
  std::erase_if(patients.rows, [&](const auto& row) { return pool.contains(row.id); });
  if (s.folds != 0) cohort::deal_folds(patients, s.folds, s.split_seed);
  std::map<std::string, const cohort::Row*> dealt;
  for (const auto& row : patients.rows) dealt[row.id] = &row;
  for (const size_t i : free) {
    const auto patient = cohort::patient_of(sheet.rows[i]);
    if (!s.pool.empty()) cohort::mark_pool(sheet, i, pool.contains(patient));
    if (pool.contains(patient)) continue;
    if (!s.split.empty()) sheet.rows[i].split = dealt.at(patient)->split;
    if (s.folds != 0) sheet.rows[i].fold = dealt.at(patient)->fold;
  }
}

void preprocess(const PreprocessSettings& s, const RunContext& run) {
  keep_freed_scans();
  check_case_options(s.from);
  check_outputs(s);
  CaseList list =
      list_cases(s.from, s.output.empty() ? "case" : fs::path(s.output).stem().string());
  log_findings(list);
  if (s.check) return check_cases(list, run.threads);
  if (!s.sheet.empty() && list.cases[0].volume.empty())
    throw UsageError("--sheet {}: {} lists scans, expected a sheet of volumes (column file)",
                     s.sheet, s.from.selection.cases);
  check_inputs(list);
  deal_sheet(list.sheet, s);
  if (!s.sheet.empty()) {
    cohort::write_sheet(s.sheet, list.sheet, true);
    log::info("{}: {} cases", s.sheet, list.sheet.rows.size());
  } else if (!s.output.empty()) {
    write_one(s, run, list);
  } else {
    FolderRun{s, run, list}();
  }
}

}  // namespace kdseg::intake
