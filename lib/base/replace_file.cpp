#include "base/replace_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/errors.h"
#include "base/partial_file.h"

namespace kdseg {
namespace {

[[noreturn]] void refuse(const std::string& path, const char* what, int reason) {
  throw RunError("{}: {}: {}", path, what, std::strerror(reason));
}

/// Makes a file's content, or a folder's list of names, survive a power cut. Not every file system
/// can, which is no reason to lose the file.
void flush(const std::string& place, int flags, const std::string& path, const char* what) {
  const int file = ::open(place.c_str(), flags | O_CLOEXEC);
  if (file < 0) refuse(path, what, errno);
  const int failed = ::fsync(file);
  const int reason = errno;
  ::close(file);
  if (failed && reason != EINVAL && reason != ENOTSUP && reason != EROFS)
    refuse(path, what, reason);
}

}  // namespace

bool is_device(const std::string& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
         !std::filesystem::is_directory(status);
}

void replace_file(const std::string& path, const std::function<void(const std::string&)>& write) {
  const std::filesystem::path parent = std::filesystem::path(path).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  const std::string temporary = partial_name(path);
  // Tried first because format libraries report a missing folder or permission poorly.
  const int file = ::open(temporary.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0666);
  if (file < 0) refuse(path, "cannot be written", errno);
  ::close(file);
  try {
    write(temporary);
    flush(temporary, O_RDONLY, path, "cannot be written");
    if (::rename(temporary.c_str(), path.c_str()) != 0) refuse(path, "cannot be written", errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  flush(folder, O_RDONLY | O_DIRECTORY, path, "flushing its folder to disk failed; try again");
}

}  // namespace kdseg
