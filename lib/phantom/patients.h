// What differs between anatomies when a cohort is written.
#pragma once
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "phantom/faults.h"
#include "phantom/gate.h"
#include "phantom/knobs.h"

namespace kdseg::phantom {

struct CohortSettings;
using Json = nlohmann::ordered_json;

struct WrittenFile {
  std::string path, sha256;  ///< path relative to the cohort's folder
  int64_t bytes = 0;
};

struct WrittenCase {
  Json entry;  ///< its entry in cohort.json
  std::vector<WrittenFile> files;
};

/// The patients of one cohort: what each is like follows from the settings and its index alone.
class Patients {
 public:
  virtual ~Patients() = default;
  virtual int64_t count() const = 0;

  /// Adds to cohort.json what, beside the seed, decides the bytes of the cases.
  virtual void describe(Json& settings) const = 0;

  /// Makes a case and its files, which appear whole or not at all, or takes those that an earlier
  /// call finished. Thread safe for different indices.
  virtual WrittenCase write(int64_t index) = 0;

  /// Of all cases, once they are written.
  virtual std::vector<Gate> gates() const = 0;

  /// What this generator writes into a cohort's folder, relative to it.
  virtual std::vector<std::string> folders() const = 0;
  /// Removes from a cohort's folder the cases that this generator wrote, and nothing else.
  virtual void remove_cases(const std::filesystem::path& root) const = 0;
};

/// A row of the catalog of anatomies.
struct AnatomyRow {
  const char* name;
  const char* layout;  ///< the data set whose folders, names and codes its cohorts have
  const std::vector<FaultKind>& (*faults)();
  /// Names of the settings that belong to this anatomy alone and are not at their defaults.
  std::vector<std::string> (*own_settings)(const CohortSettings&);
  /// \throws UsageError, DataError  settings out of range; nothing is written
  std::unique_ptr<Patients> (*build)(const CohortSettings&);
};

/// Every knob with its value, for cohort.json.
template <class K>
Json knobs_json(const K& knobs);

/// The files with their checksums, in order of their paths. They lie below `root`.
std::vector<WrittenFile> describe_files(const std::filesystem::path& root,
                                        const std::vector<std::filesystem::path>& paths);

// ---------------------------------------------------------------------------------------------

struct KnobWriter {
  Json json = Json::object();
  void group(const char*) {}
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

template <class K>
Json knobs_json(const K& knobs) {
  KnobWriter writer;
  visit_knobs(knobs, writer);
  return writer.json;
}

}  // namespace kdseg::phantom
