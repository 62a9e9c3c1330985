#include "io/run_state.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <vector>

#include "base/errors.h"
#include "base/log.h"
#include "base/partial_file.h"
#include "base/read_file.h"
#include "base/text.h"
#include "io/atomic_file.h"
#include "io/verify.h"

namespace kdseg::io {
namespace {

namespace fs = std::filesystem;

constexpr size_t states_kept = 2;
const std::string state_start = "state-", result_start = "result-";
const std::string finished_name = "finished-state.h5";

/// State files of a folder, newest first.
std::vector<std::pair<int64_t, std::string>> states_in(const std::string& folder) {
  std::vector<std::pair<int64_t, std::string>> states;
  for (const auto& name : names_in(folder)) {
    const fs::path path = fs::path(folder) / name;
    if (!name.starts_with(state_start) || path.extension() != ".h5") continue;
    const auto stem = path.stem().string().substr(state_start.size());
    if (const auto step = parse_integer(stem)) states.emplace_back(*step, path.string());
  }
  std::sort(states.rbegin(), states.rend());
  return states;
}

}  // namespace

RunDirectory::RunDirectory(std::string path) : path_(std::move(path)) {
  std::error_code error;
  fs::create_directories(path_, error);
  if (!fs::is_directory(path_))
    throw RunError("{}: cannot be made: {}", path_, error ? error.message() : "not a folder");
  lock_.emplace((fs::path(path_) / "lock").string(), path_,
                "wait for it, or choose another --run-dir");
  remove_partial_files(path_);
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
      return read_tree_verified(file, "run-state");
    } catch (const DataError& e) {
      log::warning("{}; the state before it is used", e.what());
    }
  return std::nullopt;
}

void RunDirectory::remove_states() {
  std::error_code error;
  for (const auto& [step, file] : states_in(path_)) fs::remove(file, error);
}

void RunDirectory::keep_finished_state() {
  const auto states = states_in(path_);
  if (states.empty()) return;
  std::error_code error;
  fs::rename(states.front().second, fs::path(path_) / finished_name, error);
  if (error) throw RunError("{}: cannot be renamed: {}", states.front().second, error.message());
}

std::optional<Tree> RunDirectory::finished_state() const {
  const auto file = (fs::path(path_) / finished_name).string();
  if (!path_exists(file)) return std::nullopt;
  try {
    return read_tree_verified(file, "run-state");
  } catch (const DataError& e) {
    log::warning("{}", e.what());
    return std::nullopt;
  }
}

void RunDirectory::keep_result(const std::string& file, const std::string& key) {
  std::error_code error;
  for (const auto& name : names_in(path_))
    if (name.starts_with(result_start)) fs::remove(fs::path(path_) / name, error);
  copy_atomic(file, (fs::path(path_) / (result_start + key + ".h5")).string());
}

std::optional<std::string> RunDirectory::result(const std::string& key) const {
  const auto file = (fs::path(path_) / (result_start + key + ".h5")).string();
  return path_exists(file) ? std::optional(file) : std::nullopt;
}

void RunDirectory::mark_failed(const Failure& failure) {
  const nlohmann::ordered_json json{
      {"code", failure.code}, {"message", failure.message}, {"settings-id", failure.settings_id}};
  write_atomic((fs::path(path_) / "failed").string(),
               json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

std::optional<RunDirectory::Failure> RunDirectory::failure() const {
  const auto file = (fs::path(path_) / "failed").string();
  if (!path_exists(file)) return std::nullopt;
  const auto text = read_text(file);
  try {
    const auto json = nlohmann::json::parse(text);
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
