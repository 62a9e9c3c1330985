#include "phantom/cohort.h"

#include <atomic>
#include <cmath>
#include <filesystem>

#include "base/errors.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/parallel.h"
#include "base/progress.h"
#include "base/read_file.h"
#include "base/text.h"
#include "io/atomic_file.h"
#include "phantom/case_files.h"

namespace kdseg::phantom {
namespace {

namespace fs = std::filesystem;

constexpr const char* finished_name = "cohort.json";
constexpr const char* unfinished_name = "cohort.partial.json";
constexpr const char* training_folder = "MICCAI_BraTS_2018_Data_Training";

Grid grid_of(const CohortSettings& s) {
  Grid grid = grid_of_size(s.size);
  if (s.grid.empty() && s.spacing_mm == 0) return grid;
  const std::vector<int64_t> voxels =
      s.grid.empty() ? std::vector<int64_t>(grid.size.begin(), grid.size.end()) : s.grid;
  return phantom::grid_of(voxels, s.spacing_mm == 0 ? grid.spacing_mm[0] : s.spacing_mm);
}

void check_settings(const CohortSettings& s) {
  if (s.output_dir.empty()) throw UsageError("output-dir: the folder to write is not given");
  if (s.anatomy != "brain") throw UsageError("anatomy: unknown word '{}'; known: brain", s.anatomy);
  if (s.gates != "enforce" && s.gates != "report" && s.gates != "off")
    throw UsageError("gates: unknown word '{}'; known: enforce, report, off", s.gates);
  if (s.cases < 1 || s.cases > 9999) throw UsageError("cases: {} is outside 1..9999", s.cases);
  if (s.unlabelled < 0 || s.unlabelled > s.cases)
    throw UsageError("unlabelled: {} is outside 0..{}, the number of cases", s.unlabelled, s.cases);
  check(s.knobs);
}

/// Cases of an earlier cohort: folders that carry this generator's site code. Nothing else is
/// touched.
void remove_earlier_cases(const fs::path& root) {
  for (const fs::path& base : {root, root / training_folder / training_folder})
    for (const char* grade : {"HGG", "LGG"}) {
      if (!fs::is_directory(base / grade)) continue;
      std::vector<fs::path> ours;
      for (const auto& entry : fs::directory_iterator(base / grade))
        if (entry.is_directory() &&
            entry.path().filename().string().find("18_SYN01_") != std::string::npos)
          ours.push_back(entry.path());
      for (const auto& folder : ours) fs::remove_all(folder);
      if (fs::is_empty(base / grade)) fs::remove(base / grade);
    }
  for (const fs::path& folder : {root / training_folder / training_folder, root / training_folder})
    if (fs::is_directory(folder) && fs::is_empty(folder)) fs::remove(folder);
  fs::remove(root / finished_name);
  fs::remove(root / unfinished_name);
}

/// Decides between starting, continuing and refusing; leaves cohort.partial.json in place.
void claim_folder(const fs::path& root, const std::string& record, bool force) {
  try {
    const bool finished = fs::exists(root / finished_name);
    const bool unfinished = fs::exists(root / unfinished_name);
    if (finished && !force)
      throw UsageError("{}: holds a cohort already; give --force to replace it, or another folder",
                       root.string());
    if (!finished && unfinished && read_text(root / unfinished_name) == record) {
      log::info("continuing the unfinished cohort in {}", root.string());
      return;
    }
    if (!finished && unfinished && !force)
      throw UsageError(
          "{}: holds an unfinished cohort of other settings; give --force to replace it, or repeat "
          "its settings",
          root.string());
    if (!finished && !unfinished && !force)
      for (const char* name : {"HGG", "LGG", training_folder})
        if (fs::exists(root / name))
          throw UsageError("{}: holds {}/ that this program did not finish; choose another folder",
                           root.string(), name);
    if (finished || unfinished) remove_earlier_cases(root);
    io::write_atomic(root / unfinished_name, record);
  } catch (const fs::filesystem_error& error) {
    throw UsageError("{}: cannot be used as output folder: {}", root.string(),
                     error.code().message());
  }
}

CasePlace place_of(const CohortSettings& settings, const Plants& plants, int64_t index) {
  CasePlace place;
  place.root = settings.output_dir;
  place.id = case_id(index, plants.has(index, "prefix-case"));
  place.labelled = index < settings.cases - settings.unlabelled;
  if (const auto found = plants.by_case.find(index); found != plants.by_case.end())
    place.planted = found->second;
  const bool high = is_high_grade(settings.knobs, settings.seed, static_cast<uint64_t>(index));
  place.folder = fs::path(high ? "HGG" : "LGG") / place.id;
  if (plants.cohort_has("double-folder"))
    place.folder = fs::path(training_folder) / training_folder / place.folder;
  return place;
}

CaseOptions options_of(const CasePlace& place, const Grid& grid) {
  CaseOptions options;
  options.without_enhancement = place.has("missing-et");
  // 6 mm as seen in real cohorts, and enough to blur a coarse grid as well.
  if (place.has("blurred-sequence"))
    options.thickness_mm[t2] = std::max(6.0, 3 * grid.spacing_mm[2]);
  return options;
}

WrittenCase make_or_reuse(const CohortSettings& settings, const Head& head, const Grid& grid,
                          const CasePlace& place, int64_t index) {
  const auto id = static_cast<uint64_t>(index);
  WrittenCase written{place.id, place.labelled, place.planted, {}, {}};
  const bool high = is_high_grade(settings.knobs, settings.seed, id);
  const bool reusable =
      place.labelled && place.planted.empty() && fs::exists(place.root / place.folder);
  bool done = false;
  if (reusable) {
    try {
      const BrainCase found = read_case(place, grid);
      written.statistics = statistics_of(found.scans, found.label, grid, high);
      done = true;
    } catch (const DataError& error) {
      log::warning("made again: {}", error.what());
    }
  }
  if (!done) {
    const BrainCase made =
        make_brain_case(head, grid, settings.knobs, settings.seed, id, options_of(place, grid));
    written.statistics = statistics_of(made.scans, made.label, grid, high);
    write_case(place, grid, made,
               fmt::format("SYNTHETIC kdseg phantom {} seed {} case {}", generator_version,
                           settings.seed, index + 1));
  }
  written.files = files_of(place);
  return written;
}

std::string window_of(const Gate& gate) {
  const auto end = [](double value) { return fmt::format("{:g}", value); };
  if (std::isinf(gate.low)) return "at most " + end(gate.high);
  if (std::isinf(gate.high)) return "at least " + end(gate.low);
  return end(gate.low) + " to " + end(gate.high);
}

void report_gates(const std::vector<Gate>& gates, const std::string& mode) {
  std::vector<std::string> failed;
  for (const auto& gate : gates) {
    const std::string value =
        std::isnan(gate.value) ? "cannot be measured" : fmt::format("{:.3g}", gate.value);
    const std::string line = fmt::format("gate {}: {} ({}){}", gate.name, value, window_of(gate),
                                         gate.passed() ? "" : " OUTSIDE");
    log::info("{}{}", line, gate.binding ? "" : ", not binding");
    if (gate.binding && !gate.passed()) failed.push_back(line);
  }
  if (failed.empty()) return;
  if (mode == "enforce")
    throw RunError("{}; give --gates report to keep the cohort", join(failed, "; "));
  for (const auto& line : failed) log::warning("{}", line);
}

}  // namespace

void write_cohort(const CohortSettings& settings, int threads, Claims& claims) {
  check_settings(settings);
  const Grid grid = grid_of(settings);
  const Plants plants = parse_plants(settings.plant, settings.cases);
  const auto head = settings.atlas_t1.empty()
                        ? analytic_head()
                        : atlas_head(settings.atlas_t1, settings.atlas_centers);
  const double head_scale = grid.spacing_mm[0] / frame_for(grid, *head).voxel_mm;
  if (head_scale < 1)
    log::info("the grid is smaller than a head: heads and tumors are shrunk to {:.2f}", head_scale);
  const fs::path root = settings.output_dir;
  const bool own = claims.folder(root.string());
  if (own && path_exists((root / finished_name).string())) {
    log::info("{}: finished by the same command before", root.string());
    std::error_code ignored;
    fs::remove(root / unfinished_name, ignored);
    return;
  }
  claim_folder(root, settings_record(settings, grid, head_scale), own || claims.force());
  claims.begin();

  std::vector<WrittenCase> cases(static_cast<size_t>(settings.cases));
  std::atomic<int64_t> done{0};
  try {
    Progress progress("cases", settings.cases, "cases");
    parallel_for(settings.cases, threads, [&](int64_t index) {
      throw_if_stopped();
      const CasePlace place = place_of(settings, plants, index);
      cases[static_cast<size_t>(index)] = make_or_reuse(settings, *head, grid, place, index);
      ++done;
      progress.advance();
    });
  } catch (const Stopped&) {
    throw Stopped(fmt::format("stopped after {} of {} cases; the same command continues",
                              done.load(), settings.cases));
  }

  std::vector<CaseStatistics> statistics;
  for (const auto& c : cases) statistics.push_back(c.statistics);
  std::vector<Gate> gates;
  if (settings.gates != "off") {
    gates = evaluate_gates(statistics, settings.knobs, head_scale >= 1);
    if (!settings.plant.empty())
      for (auto& gate : gates) gate.binding = false;
    report_gates(gates, settings.gates);
  }
  io::write_atomic(root / finished_name, cohort_record(settings, grid, head_scale, gates, cases));
  fs::remove(root / unfinished_name);
}

}  // namespace kdseg::phantom
