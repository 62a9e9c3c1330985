#include "io/run_state.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/errors.h"
#include "base/log.h"
#include "base/text.h"
#include "io/atomic_file.h"

namespace kdseg::io {
namespace {

namespace fs = std::filesystem;

constexpr size_t states_kept = 2;
const std::string state_start = "state-", result_start = "result-";

/// State files of a folder, newest first.
std::vector<std::pair<int64_t, std::string>> states_in(const std::string& folder) {
  std::vector<std::pair<int64_t, std::string>> states;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with(state_start) || entry.path().extension() != ".h5") continue;
    const auto stem = entry.path().stem().string().substr(state_start.size());
    if (const auto step = parse_integer(stem)) states.emplace_back(*step, entry.path().string());
  }
  std::sort(states.rbegin(), states.rend());
  return states;
}

/// What a killed process left half written. Only the holder of the lock may remove it.
void remove_leftovers(const std::string& folder) {
  std::error_code error;
  std::vector<fs::path> leftovers;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto name = entry.path().filename().string();
    if ((name.starts_with("." + state_start) || name.starts_with("." + result_start)) &&
        name.find(".partial") != std::string::npos)
      leftovers.push_back(entry.path());
  }
  for (const auto& path : leftovers) fs::remove(path, error);
}

std::string holder_of(int lock) {
  char text[256]{};
  const ssize_t n = pread(lock, text, sizeof text - 1, 0);
  return n > 0 ? trim(std::string_view(text, static_cast<size_t>(n))) : "another process";
}

std::string own_name() {
  char host[128]{};
  if (gethostname(host, sizeof host - 1) != 0) std::strcpy(host, "unknown host");
  return fmt::format("process {} on {}\n", getpid(), host);
}

int take_lock(const std::string& folder) {
  const auto path = (fs::path(folder) / "lock").string();
  const int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (lock < 0) throw RunError("{}: cannot be made: {}", path, std::strerror(errno));
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error == EWOULDBLOCK) {
      const auto holder = holder_of(lock);
      close(lock);
      throw RunError("{}: in use by {}; wait for it, or choose another --run-dir", folder, holder);
    }
    log::warning("{}: no locks on this disk ({}); start no second run there", folder,
                 std::strerror(error));
  }
  const auto name = own_name();
  if (ftruncate(lock, 0) != 0 ||
      pwrite(lock, name.data(), name.size(), 0) != static_cast<ssize_t>(name.size())) {
    const int error = errno;
    close(lock);
    throw RunError("{}: cannot be written: {}", path, std::strerror(error));
  }
  return lock;
}

}  // namespace

RunDirectory::RunDirectory(std::string path) : path_(std::move(path)) {
  std::error_code error;
  fs::create_directories(path_, error);
  if (!fs::is_directory(path_))
    throw RunError("{}: cannot be made: {}", path_, error ? error.message() : "not a folder");
  lock_ = take_lock(path_);
  remove_leftovers(path_);
}

RunDirectory::~RunDirectory() {
  if (lock_ >= 0) close(lock_);
}

void RunDirectory::save(int64_t step, const Tree& state, const Provenance& provenance) {
  const auto file = (fs::path(path_) / fmt::format("{}{:012}.h5", state_start, step)).string();
  write_tree(file, state, "run-state", provenance, {.force = true});
  const auto states = states_in(path_);
  std::error_code error;
  // A state of an abandoned, longer run would be taken for the newest.
  for (const auto& [other, old] : states)
    if (other > step) fs::remove(old, error);
  size_t kept = 0;
  for (const auto& [other, old] : states)
    if (other <= step && ++kept > states_kept) fs::remove(old, error);
}

std::optional<Tree> RunDirectory::newest() const {
  for (const auto& [step, file] : states_in(path_)) try {
      return read_tree(file, "run-state");
    } catch (const DataError& e) {
      log::warning("{}; the state before it is used", e.what());
    }
  return std::nullopt;
}

void RunDirectory::remove_states() {
  std::error_code error;
  for (const auto& [step, file] : states_in(path_)) fs::remove(file, error);
}

void RunDirectory::keep_result(const std::string& file, const std::string& key) {
  std::error_code error;
  std::vector<fs::path> former;
  for (const auto& entry : fs::directory_iterator(path_, error))
    if (entry.path().filename().string().starts_with(result_start)) former.push_back(entry.path());
  for (const auto& path : former) fs::remove(path, error);
  copy_atomic(file, (fs::path(path_) / (result_start + key + ".h5")).string());
}

std::optional<std::string> RunDirectory::result(const std::string& key) const {
  const auto file = (fs::path(path_) / (result_start + key + ".h5")).string();
  std::error_code error;
  return fs::exists(file, error) ? std::optional(file) : std::nullopt;
}

void RunDirectory::mark_failed(const Failure& failure) {
  const nlohmann::ordered_json json{
      {"code", failure.code}, {"message", failure.message}, {"settings-id", failure.settings_id}};
  write_atomic((fs::path(path_) / "failed").string(),
               json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

std::optional<RunDirectory::Failure> RunDirectory::failure() const {
  const auto file = (fs::path(path_) / "failed").string();
  std::error_code error;
  if (!fs::exists(file, error)) return std::nullopt;
  try {
    const auto json = nlohmann::json::parse(read_text(file));
    return Failure{json.at("code").get<int>(), json.at("message").get<std::string>(),
                   json.at("settings-id").get<std::string>()};
  } catch (const std::exception& e) {
    log::warning("{}: cannot be understood and is passed over", file);
    return std::nullopt;
  }
}

void RunDirectory::clear_failure() {
  std::error_code error;
  fs::remove(fs::path(path_) / "failed", error);
}

}  // namespace kdseg::io
