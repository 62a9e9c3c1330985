#include "phantom/cohort_record.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "io/atomic_file.h"

namespace kdseg::phantom {
namespace {

using Json = nlohmann::ordered_json;

struct KnobWriter {
  Json json = Json::object();
  void group(KnobGroup) {}
  template <class T>
  void add(const char* name, const T& value) {
    json[name] = value;
  }
  void number(const char* name, double value, const char*, double, double) { add(name, value); }
  void integer(const char* name, int64_t value, const char*, double, double) { add(name, value); }
  void range(const char* name, const std::vector<double>& value, const char*, double, double) {
    add(name, value);
  }
  void choice(const char* name, const std::string& value, const char*,
              const std::vector<std::string>&) {
    add(name, value);
  }
};

Json settings_json(const CohortSettings& settings, const Grid& grid, double head_scale) {
  Json json;
  json["schema"] = "synthetic-cohort";
  json["schema_version"] = 1;
  json["note"] = "SYNTHETIC: not data of patients; scores on it do not compare with published ones";
  json["generator_version"] = generator_version;
  json["anatomy"] = settings.anatomy;
  json["layout"] = "BraTS 2018";
  json["seed"] = settings.seed;
  json["cases_asked"] = settings.cases;
  json["unlabelled"] = settings.unlabelled;
  json["grid"] = {{"size", grid.size}, {"spacing_mm", grid.spacing_mm}};
  json["head_scale"] = head_scale;
  if (settings.atlas_t1.empty()) {
    json["head"] = "analytic";
  } else {
    json["head"] = {{"atlas_sha256", io::sha256_of_file(settings.atlas_t1)},
                    {"centers", settings.atlas_centers}};
  }
  json["planted"] = settings.plant;
  KnobWriter writer;
  visit_knobs(settings.knobs, writer);
  json["knobs"] = writer.json;
  return json;
}

Json finite_or_null(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

}  // namespace

std::string settings_record(const CohortSettings& settings, const Grid& grid, double head_scale) {
  return settings_json(settings, grid, head_scale).dump(2) + "\n";
}

std::string cohort_record(const CohortSettings& settings, const Grid& grid, double head_scale,
                          const std::vector<Gate>& gates, const std::vector<WrittenCase>& cases) {
  Json json = settings_json(settings, grid, head_scale);
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
  for (const auto& c : cases) {
    Json entry{{"id", c.id},
               {"grade", c.statistics.high_grade ? "HGG" : "LGG"},
               {"labelled", c.labelled},
               {"volume_ml",
                {{"1", c.statistics.volume_ml[0]},
                 {"2", c.statistics.volume_ml[1]},
                 {"4", c.statistics.volume_ml[2]}}}};
    if (!c.planted.empty()) entry["planted"] = c.planted;
    json["cases"].push_back(entry);
  }
  json["files"] = Json::array();
  for (const auto& c : cases)
    for (const auto& file : c.files)
      json["files"].push_back(
          {{"path", file.path}, {"sha256", file.sha256}, {"bytes", file.bytes}});
  return json.dump(2) + "\n";
}

}  // namespace kdseg::phantom
