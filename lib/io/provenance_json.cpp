#include "io/provenance_json.h"

#include <sys/resource.h>

#include <chrono>
#include <ctime>
#include <filesystem>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/log.h"
#include "base/read_file.h"
#include "io/atomic_file.h"
#include "io/hdf5_handles.h"
#include "io/tree.h"

namespace kdseg::io {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string now_utc() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

/// {"content_sha256": id} or {"sha256": id}; {} for folders, devices and what is gone. Kept per
/// process: a training run names the same volumes in every state that it saves.
std::pair<std::string, std::string> identity(const std::string& path) {
  if (!path_exists(path)) {
    log::warning("{}: this input is gone; the result names it without its SHA-256", path);
    return {};
  }
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return {};
  const auto size = fs::file_size(path, error);
  const auto changed = fs::last_write_time(path, error).time_since_epoch().count();
  using Key = std::tuple<std::string, uintmax_t, int64_t>;
  static std::map<Key, std::pair<std::string, std::string>> known;
  static std::mutex mutex;
  const Key key{path, size, changed};
  {
    const std::lock_guard lock(mutex);
    if (const auto found = known.find(key); found != known.end()) return found->second;
  }
  const auto id =
      schema_of(path).empty()
          ? std::pair<std::string, std::string>{"sha256", sha256_of_file(path)}
          : std::pair<std::string, std::string>{"content_sha256", stored_content_sha256(path)};
  const std::lock_guard lock(mutex);
  known[key] = id;
  return id;
}

}  // namespace

std::string provenance_to_json(const Provenance& p) {
  Json json;
  json["program"] = p.program;
  json["version"] = p.version;
  json["commit"] = p.commit;
  json["command-line"] = p.command_line;
  json["settings"] = p.settings_ini;
  json["seed"] = p.seed;
  json["device"] = p.device;
  json["libraries"] = Json::object();
  for (const auto& [name, version] : p.libraries) json["libraries"][name] = version;
  json["libraries"]["HDF5"] = hdf5_version();
  json["inputs"] = Json::array();
  for (const auto& path : p.inputs) {
    Json input;
    input["name"] = fs::path(path).filename().string();
    if (p.record_paths) input["path"] = path;
    if (const auto [kind, id] = identity(path); !kind.empty()) input[kind] = id;
    json["inputs"].push_back(input);
  }
  json["started"] = p.started;
  json["finished"] = now_utc();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  json["peak-memory-mib"] = usage.ru_maxrss / 1024;
  return json.dump(1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace kdseg::io
