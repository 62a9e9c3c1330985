#include "data/stage.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "base/errors.h"
#include "base/interrupt.h"
#include "base/parallel.h"
#include "base/text.h"
#include "io/atomic_file.h"

namespace kdseg::data {
namespace {

namespace fs = std::filesystem;

const std::string name_start = "kdseg-stage-", lock_name = "lock";

constexpr double gib = 1024.0 * 1024 * 1024;

int64_t bytes_of(const cohort::Row& row) {
  std::error_code error;
  const auto bytes = fs::file_size(row.path, error);
  if (error) throw DataError("case {}: {}: {}", row.id, row.path, error.message());
  return static_cast<int64_t>(bytes);
}

/// Whether the process of this host that a folder is named after is gone.
bool maker_is_gone(const fs::path& folder) {
  const auto words = split(folder.filename().string().substr(name_start.size()), '-');
  const auto process = words.size() == 2 ? parse_integer(words[0]) : std::nullopt;
  return process && *process > 0 && ::kill(static_cast<pid_t>(*process), 0) != 0 && errno == ESRCH;
}

/// One without a lock may be in the making, or was being removed when its process was killed.
bool is_left_over(const fs::path& folder) {
  if (const auto held = FileLock::is_held((folder / lock_name).string())) return !*held;
  if (maker_is_gone(folder)) return true;
  std::error_code error;
  const auto changed = fs::last_write_time(folder, error);
  return !error && fs::file_time_type::clock::now() - changed > std::chrono::minutes(1);
}

std::string parent_folder() {
  const char* set = std::getenv("TMPDIR");
  return set && *set ? set : "/tmp";
}

}  // namespace

void Stage::remove_left_over() {
  const std::string parent = parent_folder();
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(parent, ignored))
    if (entry.path().filename().string().starts_with(name_start) && entry.is_directory(ignored) &&
        is_left_over(entry.path()))
      fs::remove_all(entry.path(), ignored);
}

Stage::Stage() {
  const std::string parent = parent_folder();
  remove_left_over();
  std::string pattern =
      (fs::path(parent) / (name_start + std::to_string(getpid()) + "-XXXXXX")).string();
  if (!mkdtemp(pattern.data()))
    throw UsageError("--stage: no folder can be made in {}: {}; TMPDIR names another place", parent,
                     std::strerror(errno));
  folder_ = pattern;
  try {
    lock_.emplace((fs::path(folder_) / lock_name).string(), folder_, "choose another TMPDIR");
  } catch (...) {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
    throw;
  }
}

Stage::~Stage() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

int64_t Stage::copy(std::span<cohort::Row* const> rows, int threads) {
  int64_t needed = 0;
  for (const auto* row : rows) needed += bytes_of(*row);
  std::error_code error;
  const auto room = fs::space(folder_, error);
  if (!error && room.available < static_cast<uintmax_t>(needed))
    throw RunError(
        "--stage: the volumes need {:.2f} GiB, {} has {:.2f} left; set TMPDIR to another disk, "
        "or leave --stage out",
        static_cast<double>(needed) / gib, folder_, static_cast<double>(room.available) / gib);
  parallel_for(static_cast<int64_t>(rows.size()), threads, [&](int64_t i) {
    throw_if_stopped();
    cohort::Row& row = *rows[static_cast<size_t>(i)];
    const std::string copy = (fs::path(folder_) / (std::to_string(i) + ".h5")).string();
    std::string copied;
    try {
      copied = io::copy_hashed(row.path, copy);
    } catch (const DataError& e) {
      throw DataError("case {}: {}", row.id, e.what());
    }
    if (io::sha256_of_file(copy) != copied)
      throw RunError(
          "--stage: case {}: the copy in {} differs from {}; that disk cannot be trusted", row.id,
          folder_, row.path);
    row.path = copy;
  });
  return needed;
}

}  // namespace kdseg::data
