// Where a result came from: written into every output file.
#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace kdseg {

struct Provenance {
  std::string program, version, commit;
  std::string command_line;  ///< paths reduced to base names unless record_paths
  std::string settings_ini;  ///< resolved settings; replays the run
  uint64_t seed = 0;
  std::string device = "cpu";
  std::vector<std::pair<std::string, std::string>> libraries;  ///< name, version
  std::vector<std::string> inputs;  ///< paths; files store base name and SHA-256
  bool record_paths = false;
  std::string started;  ///< ISO 8601, UTC
};

}  // namespace kdseg
