#include "base/read_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/errors.h"
#include "base/text.h"
#include "base/utf8.h"

namespace kdseg {
namespace {

class Opened {
 public:
  explicit Opened(const std::string& path)
      : path_(path), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (descriptor_ < 0) throw_unreadable(path, errno);
  }
  ~Opened() { ::close(descriptor_); }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  int get() const { return descriptor_; }

  /// Fills `to` as far as the file goes. \return bytes read
  size_t read(std::span<std::byte> to) const {
    size_t done = 0;
    while (done < to.size()) {
      const ssize_t n = ::read(descriptor_, to.data() + done, to.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw_unreadable(path_, errno);
      if (n == 0) break;
      done += static_cast<size_t>(n);
    }
    return done;
  }

 private:
  const std::string& path_;
  int descriptor_;
};

}  // namespace

bool may_pass(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
    case EISDIR:
    case EACCES:
    case EPERM:
    case ELOOP:
    case ENAMETOOLONG:
    case EINVAL:
      return false;
    default:
      return true;
  }
}

void throw_unreadable(const std::string& path, int error) {
  const std::string reason = std::strerror(error);
  if (may_pass(error)) throw RunError("{}: reading it failed: {}; try again", path, reason);
  throw DataError("{}: cannot be read: {}", path, reason);
}

bool path_exists(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) return true;
  if (may_pass(errno)) throw_unreadable(path, errno);
  return false;
}

std::vector<std::string> names_in(const std::string& folder) {
  DIR* open = ::opendir(folder.c_str());
  if (!open) throw_unreadable(folder, errno);
  std::vector<std::string> names;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(open);
    if (!entry) break;
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  const int error = errno;
  ::closedir(open);
  if (error != 0) throw_unreadable(folder, error);
  std::sort(names.begin(), names.end());
  return names;
}

void read_blocks(const std::string& path,
                 const std::function<void(std::span<const std::byte>)>& take) {
  const Opened file(path);
  std::vector<std::byte> block(1 << 20);
  for (size_t n = block.size(); n == block.size();) {
    n = file.read(block);
    if (n > 0) take(std::span(block).first(n));
  }
}

std::vector<std::byte> read_part(const std::string& path, uint64_t from, uint64_t count) {
  const Opened file(path);
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw_unreadable(path, errno);
  const auto size = static_cast<uint64_t>(status.st_size);
  if (from >= size) return {};
  if (::lseek(file.get(), static_cast<off_t>(from), SEEK_SET) < 0) throw_unreadable(path, errno);
  std::vector<std::byte> bytes(std::min(count, size - from));
  bytes.resize(file.read(bytes));
  return bytes;
}

std::string read_text(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw_unreadable(path, errno);
  if (S_ISDIR(status.st_mode)) throw DataError("{}: is a folder, expected a file", path);
  if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode))
    throw DataError("{}: not a regular file", path);
  std::string text;
  read_blocks(path, [&](std::span<const std::byte> block) {
    text.append(reinterpret_cast<const char*>(block.data()), block.size());
  });
  return text;
}

std::string read_utf8(const std::string& path) {
  std::string text = read_text(path);
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    throw DataError("{}: UTF-16 text; expected UTF-8: save it as UTF-8", path);
  while (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  int64_t number = 1;
  for (const std::string& line : split(text, '\n')) {
    if (line.find('\0') != std::string::npos) throw DataError("{}: not a text file", path);
    if (!is_utf8(line))
      throw DataError("{}:{}: a character that is not UTF-8; save the file as UTF-8", path, number);
    ++number;
  }
  return text;
}

}  // namespace kdseg
