#include "base/partial_file.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <optional>

#include "base/errors.h"
#include "base/read_file.h"
#include "base/text.h"

namespace kdseg {
namespace {

namespace fs = std::filesystem;

const std::string mark = ".partial.";

struct Parts {
  int64_t process;
  std::string name;
};

/// Takes a partial_name() apart.
std::optional<Parts> parts_of(const std::string& partial) {
  const size_t dash = partial.find('-'), at = partial.find(mark);
  if (!partial.starts_with('.') || dash == std::string::npos || at == std::string::npos ||
      dash > at)
    return std::nullopt;
  const auto process = parse_integer(partial.substr(1, dash - 1));
  const auto number = parse_integer(partial.substr(dash + 1, at - dash - 1));
  if (!process || !number || *process < 1) return std::nullopt;
  return Parts{*process, partial.substr(at + mark.size())};
}

bool lives(int64_t process) {
  return process != getpid() && (::kill(static_cast<pid_t>(process), 0) == 0 || errno == EPERM);
}

}  // namespace

std::string partial_name(const std::string& path) {
  static std::atomic<unsigned> counter{0};
  const fs::path target(path);
  return (target.parent_path() /
          fmt::format(".{}-{}{}{}", getpid(), counter++, mark, target.filename().string()))
      .string();
}

void remove_partial_files(const std::string& folder, const std::string& name) {
  for (const auto& entry : names_in(folder.empty() ? "." : folder)) {
    const auto parts = parts_of(entry);
    if (!parts || (name.empty() ? lives(parts->process) : parts->name != name)) continue;
    std::error_code ignored;
    fs::remove_all(fs::path(folder) / entry, ignored);
  }
}

}  // namespace kdseg
