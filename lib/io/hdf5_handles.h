// The HDF5 library behind handles that close themselves. Included by this folder's sources only.
#pragma once
#include <string>

namespace kdseg::io {
std::string hdf5_version();  ///< of the library in use: "1.10.8"
}  // namespace kdseg::io

#ifdef KDSEG_IO_USES_HDF5
#include <hdf5.h>

#include <mutex>
#include <utility>

#include "io/tree.h"

namespace kdseg::io {

class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  bool good() const { return id_ >= 0; }
  hid_t get() const { return id_; }
  herr_t close_checked() { return close_(std::exchange(id_, -1)); }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// Held while the library is in use: not every build of HDF5 is thread safe. Also silences the
/// library's own error print-outs; our messages say what matters.
class Hdf5Turn {
 public:
  Hdf5Turn();

  /// When a call of the library failed in this turn because the disk did (RunError) or memory ran
  /// out (std::bad_alloc), throws that: it says nothing about the file. Else returns.
  static void throw_unless_the_file_is_at_fault(const std::string& path);

 private:
  std::lock_guard<std::mutex> lock_;
};

/// The type in files and in memory (native order).
Handle hdf5_type(Type type);
Handle hdf5_text_type();  ///< variable-length UTF-8

/// File access without locks: locks fail on many network disks, and files are replaced whole.
Handle hdf5_file_access();

}  // namespace kdseg::io
#endif
