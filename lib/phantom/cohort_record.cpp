#include "phantom/cohort_record.h"

#include <algorithm>
#include <cmath>

#include "io/atomic_file.h"

namespace kdseg::phantom {
namespace {

Json settings_json(const CohortSettings& settings, const char* layout, const Patients& patients) {
  Json json;
  json["schema"] = "synthetic-cohort";
  json["schema_version"] = 1;
  json["note"] = "SYNTHETIC: not data of patients; scores on it do not compare with published ones";
  json["generator_version"] = generator_version;
  json["anatomy"] = settings.anatomy;
  json["layout"] = layout;
  json["seed"] = settings.seed;
  json["cases_asked"] = settings.cases;
  json["unlabelled"] = settings.unlabelled;
  patients.describe(json);
  return json;
}

Json finite_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

}  // namespace

std::string settings_record(const CohortSettings& settings, const char* layout,
                            const Patients& patients) {
  return settings_json(settings, layout, patients).dump(2) + "\n";
}

std::string cohort_record(const CohortSettings& settings, const char* layout,
                          const Patients& patients, const std::vector<Gate>& gates,
                          const std::vector<WrittenCase>& cases) {
  Json json = settings_json(settings, layout, patients);
  json["gates"] = Json::array();
  for (const auto& gate : gates)
    json["gates"].push_back({{"name", gate.name},
                             {"meaning", gate.meaning},
                             {"value", finite_or_null(gate.value)},
                             {"low", finite_or_null(gate.low)},
                             {"high", finite_or_null(gate.high)},
                             {"binding", gate.binding},
                             {"passed", gate.passed()}});
  json["cases"] = Json::array();
  for (const auto& c : cases) json["cases"].push_back(c.entry);
  json["files"] = Json::array();
  for (const auto& c : cases)
    for (const auto& file : c.files)
      json["files"].push_back(
          {{"path", file.path}, {"sha256", file.sha256}, {"bytes", file.bytes}});
  return json.dump(2) + "\n";
}

std::vector<WrittenFile> describe_files(const std::filesystem::path& root,
                                        const std::vector<std::filesystem::path>& paths) {
  std::vector<WrittenFile> files;
  for (const auto& path : paths)
    files.push_back({path.lexically_relative(root).generic_string(), io::sha256_of_file(path),
                     static_cast<int64_t>(std::filesystem::file_size(path))});
  std::sort(files.begin(), files.end(),
            [](const WrittenFile& a, const WrittenFile& b) { return a.path < b.path; });
  return files;
}

}  // namespace kdseg::phantom
