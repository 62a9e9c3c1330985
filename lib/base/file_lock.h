// A lock on a file, which ends with the process that holds it, however that ends.
#pragma once
#include <optional>
#include <string>

namespace kdseg {

class FileLock {
 public:
  /// Opens or makes `path` and locks it. RunError when another process holds it: "SUBJECT: in use
  /// by process 7 on host; ADVICE". A disk without locks gives a warning.
  FileLock(const std::string& path, const std::string& subject, const std::string& advice);
  ~FileLock();
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

  /// Whether a living process holds the lock of this file; nullopt: it cannot be opened.
  static std::optional<bool> is_held(const std::string& path);

  /// What the file holds behind the holder's line.
  const std::string& text() const { return text_; }

  /// Writes the holder's line and `text`, and flushes them to disk. RunError when that fails.
  void write(const std::string& text);

  void remove() const;  ///< the file, while the lock is held

 private:
  std::string path_, text_;
  int descriptor_ = -1;
};

}  // namespace kdseg
