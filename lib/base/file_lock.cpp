#include "base/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/errors.h"
#include "base/log.h"
#include "base/read_file.h"
#include "base/text.h"

namespace kdseg {
namespace {

/// The holder's line, of one length, so that a new holder replaces it without touching the rest.
constexpr size_t holder_bytes = 160;

std::string own_line() {
  char host[128]{};
  if (gethostname(host, sizeof host - 1) != 0) std::strcpy(host, "unknown host");
  std::string line = fmt::format("process {} on {}", getpid(), host);
  line.resize(holder_bytes - 1, ' ');
  return line + "\n";
}

std::string holder_in(const std::string& content) {
  const auto line = trim(content.substr(0, content.find('\n')));
  return line.empty() ? "another process" : line;
}

/// Whether the open file is still the one of that name: a former holder may have removed it.
bool still_there(int descriptor, const std::string& path) {
  struct stat open {
  }, named{};
  return ::fstat(descriptor, &open) == 0 && ::stat(path.c_str(), &named) == 0 &&
         open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

}  // namespace

FileLock::FileLock(const std::string& path, const std::string& subject, const std::string& advice)
    : path_(path) {
  for (;;) {
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) throw RunError("{}: cannot be made: {}", path, std::strerror(errno));
    const bool locked = ::flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
    const int error = errno;
    if (!locked && error == EWOULDBLOCK) {
      ::close(std::exchange(descriptor_, -1));
      throw RunError("{}: in use by {}; {}", subject, holder_in(read_text(path)), advice);
    }
    if (!locked)
      log::warning("{}: no locks on this disk ({}); start no second run there", subject,
                   std::strerror(error));
    if (still_there(descriptor_, path)) break;
    ::close(std::exchange(descriptor_, -1));
  }
  try {
    const std::string content = read_text(path);
    if (content.size() > holder_bytes) text_ = content.substr(holder_bytes);
    write(text_);
  } catch (...) {
    if (text_.empty()) remove();
    ::close(std::exchange(descriptor_, -1));
    throw;
  }
}

std::optional<bool> FileLock::is_held(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  const bool held = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0;
  ::close(descriptor);
  return held;
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void FileLock::write(const std::string& text) {
  const std::string content = own_line() + text;
  // The same text stays as it is: it must outlast a kill at any moment.
  const size_t bytes = text == text_ ? holder_bytes : content.size();
  const bool written =
      ::pwrite(descriptor_, content.data(), bytes, 0) == static_cast<ssize_t>(bytes) &&
      ::ftruncate(descriptor_, static_cast<off_t>(content.size())) == 0;
  if (!written || (::fsync(descriptor_) != 0 && errno != EINVAL && errno != ENOTSUP))
    throw RunError("{}: cannot be written: {}", path_, std::strerror(errno));
  text_ = text;
}

void FileLock::remove() const { ::unlink(path_.c_str()); }

}  // namespace kdseg
