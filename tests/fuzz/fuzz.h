// What the fuzz targets share. A target gets bytes and gives them to one reader: it may refuse them
// with one of the project's errors; anything else (a crash, another exception, no end) is a fault.
// Where there are two routes to the same answer, both are taken and must agree.
#pragma once
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/errors.h"
#include "base/log.h"

namespace kdseg::fuzz {

/// A file of these bytes; its name ends like `name`.
class File {
 public:
  File(const std::string& name, const uint8_t* data, size_t size) : path_(folder() + "/" + name) {
    std::ofstream stream(path_, std::ios::binary);
    if (size > 0)
      stream.write(reinterpret_cast<const char*>(data), static_cast<std::streamsize>(size));
  }
  const std::string& path() const { return path_; }

 private:
  /// In memory where that is possible: every input is a file, or several.
  static const std::string& folder() {
    static const struct Folder {
      std::string path;
      Folder() {
        log::configure({.tool = "fuzz", .level = log::Level::error, .file = ""});
        std::error_code error;
        const std::filesystem::path memory = "/dev/shm";
        const auto parent = std::filesystem::is_directory(memory, error)
                                ? memory
                                : std::filesystem::temp_directory_path();
        path = (parent / ("kdseg-fuzz-" + std::to_string(getpid()))).string();
        std::filesystem::create_directories(path);
      }
      ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
      }
    } made;
    return made.path;
  }

  std::string path_;
};

/// Whether `work` took the bytes; false: it refused them as it should.
template <class Work>
bool taken(Work work) {
  try {
    work();
    return true;
  } catch (const DataError&) {
  } catch (const UsageError&) {
  } catch (const RunError&) {
  }
  return false;
}

inline void require(bool agree) {
  if (!agree) std::abort();
}

inline std::string text_of(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace kdseg::fuzz
