#include "io/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "base/errors.h"
#include "base/interrupt.h"
#include "base/read_file.h"
#include "base/replace_file.h"
#include "base/sha256.h"

namespace kdseg::io {
namespace {

namespace fs = std::filesystem;

std::string reason() { return std::strerror(errno); }

class File {
 public:
  File(const std::string& path, int flags) : descriptor_(open(path.c_str(), flags, 0666)) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  bool good() const { return descriptor_ >= 0; }

  bool write_all(std::span<const std::byte> content) {
    while (!content.empty()) {
      const ssize_t n = ::write(descriptor_, content.data(), content.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return false;
      content = content.subspan(static_cast<size_t>(n));
    }
    return true;
  }

  bool close_checked() {
    const int descriptor = descriptor_;
    descriptor_ = -1;
    return close(descriptor) == 0;
  }

 private:
  int descriptor_;
};

}  // namespace

void write_atomic(const std::string& path, std::span<const std::byte> content) {
  if (is_device(path)) {
    File file(path, O_WRONLY);
    if (!file.good() || !file.write_all(content) || !file.close_checked())
      throw RunError("{}: cannot be written: {}", path, reason());
    return;
  }
  replace_file(path, [&](const std::string& temporary) {
    File file(temporary, O_WRONLY | O_CLOEXEC);
    if (!file.good() || !file.write_all(content) || !file.close_checked())
      throw RunError("{}: cannot be written: {}", path, reason());
  });
}

void write_atomic(const std::string& path, std::string_view text) {
  write_atomic(path, std::as_bytes(std::span(text.data(), text.size())));
}

void copy_atomic(const std::string& from, const std::string& to) {
  replace_file(to, [&](const std::string& temporary) {
    std::error_code error;
    fs::copy_file(from, temporary, fs::copy_options::overwrite_existing, error);
    if (error) throw RunError("{}: cannot be copied to {}: {}", from, to, error.message());
  });
}

void refuse_existing(const std::string& path, bool force) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) throw UsageError("{}: is a folder, expected a file", path);
  if (!force && fs::exists(path, ignored) && !is_device(path))
    throw UsageError("{}: exists; choose another name, or --force to replace it", path);
}

std::string sha256_of_file(const std::string& path) {
  // Not to be stopped: what is saved at a stop is hashed, too.
  Sha256 hash;
  read_blocks(path, [&](std::span<const std::byte> block) { hash.add(block); });
  return hash.hex();
}

std::string copy_hashed(const std::string& from, const std::string& to) {
  Sha256 hash;
  File file(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC);
  if (!file.good()) throw RunError("{}: cannot be written: {}", to, reason());
  read_blocks(from, [&](std::span<const std::byte> block) {
    throw_if_stopped();
    hash.add(block);
    if (!file.write_all(block)) throw RunError("{}: cannot be written: {}", to, reason());
  });
  if (!file.close_checked()) throw RunError("{}: cannot be written: {}", to, reason());
  return hash.hex();
}

}  // namespace kdseg::io
