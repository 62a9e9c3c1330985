#define KDSEG_IO_USES_HDF5
#include "io/hdf5_handles.h"

#include <fmt/format.h>

#include <cstdlib>
#include <new>
#include <string_view>

#include "base/read_file.h"

namespace kdseg::io {
namespace {

std::mutex& library_mutex() {
  static std::mutex mutex;
  return mutex;
}

/// IEEE half: sign at bit 15, five bits of exponent from bit 10 (bias 15), ten of mantissa.
hid_t half_type() {
  const hid_t type = H5Tcopy(H5T_NATIVE_FLOAT);
  H5Tset_fields(type, 15, 10, 5, 0, 10);
  H5Tset_size(type, 2);
  H5Tset_ebias(type, 15);
  return type;
}

hid_t native_type(Type type) {
  switch (type) {
    case Type::f16:
      return half_type();
    case Type::f32:
      return H5Tcopy(H5T_NATIVE_FLOAT);
    case Type::f64:
      return H5Tcopy(H5T_NATIVE_DOUBLE);
    case Type::u8:
      return H5Tcopy(H5T_NATIVE_UINT8);
    case Type::u16:
      return H5Tcopy(H5T_NATIVE_UINT16);
    case Type::i32:
      return H5Tcopy(H5T_NATIVE_INT32);
    case Type::i64:
      return H5Tcopy(H5T_NATIVE_INT64);
    case Type::u64:
      return H5Tcopy(H5T_NATIVE_UINT64);
  }
  return -1;
}

/// Why calls of the library failed in this turn; guarded by library_mutex().
struct Causes {
  int system_error = 0;
  bool out_of_memory = false;
} causes;

/// The library gives the system's error only within a text: "file read failed: ..., errno = 5,
/// ...".
herr_t note_cause(unsigned, const H5E_error2_t* error, void*) {
  if (error->maj_num == H5E_RESOURCE && error->min_num == H5E_NOSPACE) causes.out_of_memory = true;
  constexpr std::string_view mark = "errno = ";
  const std::string_view text = error->desc ? error->desc : "";
  if (const size_t at = text.find(mark); at != std::string_view::npos)
    causes.system_error = std::atoi(text.data() + at + mark.size());
  return 0;
}

herr_t note_causes(hid_t stack, void*) {
  return H5Ewalk2(stack, H5E_WALK_DOWNWARD, note_cause, nullptr);
}

}  // namespace

Hdf5Turn::Hdf5Turn() : lock_(library_mutex()) {
  // Without the library's clean-up at exit: after a close() that failed it crashes there, with all
  // work done. What is to be closed we close.
  [[maybe_unused]] static const herr_t kept = H5dont_atexit();
  H5Eset_auto2(H5E_DEFAULT, note_causes, nullptr);
  causes = {};
}

void Hdf5Turn::throw_unless_the_file_is_at_fault(const std::string& path) {
  if (causes.system_error != 0 && may_pass(causes.system_error))
    throw_unreadable(path, causes.system_error);
  if (causes.out_of_memory) throw std::bad_alloc();
}

std::string hdf5_version() {
  const Hdf5Turn turn;
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return fmt::format("{}.{}.{}", major, minor, release);
}

Handle hdf5_type(Type type) { return {native_type(type), H5Tclose}; }

Handle hdf5_text_type() {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  H5Tset_size(type.get(), H5T_VARIABLE);
  H5Tset_cset(type.get(), H5T_CSET_UTF8);
  return type;
}

Handle hdf5_file_access() {
  Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_file_locking(access.get(), false, true);
  H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG);
  // The 1.8 format: metadata with checksums, attributes of any size, readable everywhere.
  H5Pset_libver_bounds(access.get(), H5F_LIBVER_V18, H5F_LIBVER_V18);
  return access;
}

}  // namespace kdseg::io
