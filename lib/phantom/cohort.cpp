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
#include "phantom/brain/patients.h"
#include "phantom/cohort_record.h"
#include "phantom/heart/patients.h"

namespace kdseg::phantom {
namespace {

namespace fs = std::filesystem;

constexpr const char* finished_name = "cohort.json";
constexpr const char* unfinished_name = "cohort.partial.json";
/// One row per anatomy.
const std::vector<AnatomyRow>& anatomies() {
  static const std::vector<AnatomyRow> rows{
      {"brain", "BraTS 2018", brain_faults, brain_settings, brain_patients},
      {"heart", "MM-WHS 2017", heart_faults, heart_settings, heart_patients},
  };
  return rows;
}

const AnatomyRow& anatomy_of(const CohortSettings& s) {
  for (const auto& row : anatomies())
    if (s.anatomy == row.name) return row;
  throw UsageError("anatomy: unknown word '{}'; known: {}", s.anatomy, join(anatomy_names()));
}

void check_settings(const CohortSettings& s) {
  if (s.output_dir.empty()) throw UsageError("output-dir: the folder to write is not given");
  const AnatomyRow& anatomy = anatomy_of(s);
  for (const auto& row : anatomies())
    if (const auto own = row.own_settings(s); &row != &anatomy && !own.empty())
      throw UsageError("{}: is a setting of --anatomy {}, the cohort's is {}", own[0], row.name,
                       anatomy.name);
  if (s.gates != "enforce" && s.gates != "report" && s.gates != "off")
    throw UsageError("gates: unknown word '{}'; known: enforce, report, off", s.gates);
  if (s.cases < 1 || s.cases > 9999) throw UsageError("cases: {} is outside 1..9999", s.cases);
  if (s.unlabelled < 0 || s.unlabelled > s.cases)
    throw UsageError("unlabelled: {} is outside 0..{}, the number of cases", s.unlabelled, s.cases);
}

void remove_earlier_cohort(const fs::path& root, const Patients& patients) {
  patients.remove_cases(root);
  fs::remove(root / finished_name);
  fs::remove(root / unfinished_name);
}

/// Decides between starting, continuing and refusing; leaves cohort.partial.json in place.
void claim_folder(const fs::path& root, const std::string& record, const Patients& patients,
                  bool force) {
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
      for (const std::string& name : patients.folders())
        if (fs::exists(root / name))
          throw UsageError("{}: holds {}/ that this program did not finish; choose another folder",
                           root.string(), name);
    if (finished || unfinished) remove_earlier_cohort(root, patients);
    io::write_atomic(root / unfinished_name, record);
  } catch (const fs::filesystem_error& error) {
    throw UsageError("{}: cannot be used as output folder: {}", root.string(),
                     error.code().message());
  }
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

std::vector<std::string> anatomy_names() {
  std::vector<std::string> names;
  for (const auto& row : anatomies()) names.emplace_back(row.name);
  return names;
}

std::string describe_faults() {
  std::string text;
  for (const auto& row : anatomies())
    text += fmt::format("{}{}: {}", text.empty() ? "" : ". ", row.name, describe(row.faults()));
  return text;
}

void write_cohort(const CohortSettings& settings, int threads, Claims& claims) {
  check_settings(settings);
  const AnatomyRow& anatomy = anatomy_of(settings);
  const auto patients = anatomy.build(settings);
  const fs::path root = settings.output_dir;
  const bool own = claims.folder(root.string());
  if (own && path_exists((root / finished_name).string())) {
    log::info("{}: finished by the same command before", root.string());
    std::error_code ignored;
    fs::remove(root / unfinished_name, ignored);
    return;
  }
  claim_folder(root, settings_record(settings, anatomy.layout, *patients), *patients,
               own || claims.force());
  claims.begin();

  std::vector<WrittenCase> cases(static_cast<size_t>(patients->count()));
  std::atomic<int64_t> done{0};
  try {
    Progress progress("cases", patients->count(), "cases");
    parallel_for(patients->count(), threads, [&](int64_t index) {
      throw_if_stopped();
      cases[static_cast<size_t>(index)] = patients->write(index);
      ++done;
      progress.advance();
    });
  } catch (const Stopped&) {
    throw Stopped(fmt::format("stopped after {} of {} cases; the same command continues",
                              done.load(), cases.size()));
  }

  std::vector<Gate> gates;
  if (settings.gates != "off") {
    gates = patients->gates();
    if (!settings.plant.empty())
      for (auto& gate : gates) gate.binding = false;
    report_gates(gates, settings.gates);
  }
  io::write_atomic(root / finished_name,
                   cohort_record(settings, anatomy.layout, *patients, gates, cases));
  fs::remove(root / unfinished_name);
}

}  // namespace kdseg::phantom
