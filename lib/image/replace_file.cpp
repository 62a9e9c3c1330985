#include "image/replace_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/errors.h"
#include "base/partial_file.h"

namespace kdseg::image {
namespace {

/// Makes a file's content, or a folder's list of names, survive a power cut.
void flush(const std::string& path, int flags) {
  const int file = ::open(path.c_str(), flags);
  if (file < 0) throw RunError("{}: cannot open: {}", path, std::strerror(errno));
  const int failed = ::fsync(file);
  const int reason = errno;
  ::close(file);
  // Some network file systems do not sync folders; that is no reason to lose the file.
  if (failed && reason != EINVAL && reason != ENOTSUP)
    throw RunError("{}: cannot flush to disk: {}", path, std::strerror(reason));
}

}  // namespace

void replace_file(const std::string& path, const std::function<void(const std::string&)>& write) {
  const std::filesystem::path target(path);
  const std::filesystem::path folder =
      target.parent_path().empty() ? std::filesystem::path(".") : target.parent_path();
  const std::string temporary = partial_name(path);
  // Tried first because format libraries report a missing folder or permission poorly.
  const int file = ::open(temporary.c_str(), O_CREAT | O_WRONLY | O_TRUNC, 0666);
  if (file < 0) throw RunError("{}: cannot write: {}", path, std::strerror(errno));
  ::close(file);
  try {
    write(temporary);
    flush(temporary, O_RDONLY);
    if (::rename(temporary.c_str(), path.c_str()) != 0)
      throw RunError("{}: cannot rename to it: {}", path, std::strerror(errno));
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  flush(folder.string(), O_RDONLY | O_DIRECTORY);
}

}  // namespace kdseg::image
