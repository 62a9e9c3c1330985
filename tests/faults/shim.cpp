// Preloaded into a program, fails one of its calls of the system: KDSEG_FAULT=KIND:K lets the K-th
// (from 1) of a kind fail once, KIND:K:kill kills the program at it, KDSEG_FAULT_COUNT=FILE writes
// at the end how many of each kind there were. Counted are calls on the program's own files (not
// those of the system) and on standard output; allocations from KDSEG_FAULT_BYTES on.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
}

namespace {

enum Kind {
  write_call,
  fsync_call,
  rename_call,
  close_call,
  open_call,
  read_call,
  alloc_call,
  remove_call,
  kinds
};
constexpr const char* names[kinds] = {"write", "fsync", "rename", "close",
                                      "open",  "read",  "alloc",  "remove"};
constexpr int errors[kinds] = {ENOSPC, EIO, EIO, EIO, EIO, EIO, ENOMEM, EIO};

std::atomic<long> counts[kinds];
std::atomic<bool> own[4096];  ///< descriptors of the program's own files
int failing = -1;
long failing_at = 0;
bool kills = false;
size_t large = 65536;

__attribute__((constructor)) void begin() {
  own[1] = true;
  if (const char* bytes = getenv("KDSEG_FAULT_BYTES")) large = strtoul(bytes, nullptr, 10);
  const char* fault = getenv("KDSEG_FAULT");
  const char* colon = fault ? strchr(fault, ':') : nullptr;
  if (!colon) return;
  for (int kind = 0; kind < kinds; ++kind)
    if (strlen(names[kind]) == static_cast<size_t>(colon - fault) &&
        strncmp(fault, names[kind], static_cast<size_t>(colon - fault)) == 0)
      failing = kind;
  failing_at = atol(colon + 1);
  kills = strstr(colon, ":kill") != nullptr;
}

void tell_counts() {
  const char* file = getenv("KDSEG_FAULT_COUNT");
  if (!file) return;
  char text[512];
  int n = 0;
  for (int kind = 0; kind < kinds; ++kind)
    n += snprintf(text + n, sizeof text - static_cast<size_t>(n), "%s %ld\n", names[kind],
                  counts[kind].load());
  const long out = syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  syscall(SYS_write, out, text, static_cast<size_t>(n));
  syscall(SYS_close, out);
}

/// Counts the call; whether it is the one to fail, with errno set.
bool fails(Kind kind) {
  const long number = ++counts[kind];
  if (kind != failing || number != failing_at) return false;
  if (kills) kill(getpid(), SIGKILL);
  errno = errors[kind];
  return true;
}

bool is_own(int descriptor) { return descriptor >= 0 && descriptor < 4096 && own[descriptor]; }

bool is_system(const char* path) {
  for (const char* start : {"/proc/", "/sys/", "/dev/", "/etc/", "/usr/", "/lib"})
    if (strncmp(path, start, strlen(start)) == 0) return true;
  return strstr(path, ".so") != nullptr;
}

int opened(const char* path, int descriptor) {
  if (descriptor >= 0 && descriptor < 4096) own[descriptor] = !is_system(path);
  return descriptor;
}

template <class F>
F next(const char* name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

#define OPEN(NAME)                                                        \
  int NAME(const char* path, int flags, ...) {                            \
    va_list list;                                                         \
    va_start(list, flags);                                                \
    const mode_t mode = flags & O_CREAT ? va_arg(list, mode_t) : 0;       \
    va_end(list);                                                         \
    if (!is_system(path) && fails(open_call)) return -1;                  \
    static const auto real = next<int (*)(const char*, int, ...)>(#NAME); \
    return opened(path, real(path, flags, mode));                         \
  }
OPEN(open)
OPEN(open64)

#define FOPEN(NAME)                                                            \
  FILE* NAME(const char* path, const char* mode) {                             \
    if (!is_system(path) && fails(open_call)) return nullptr;                  \
    static const auto real = next<FILE* (*)(const char*, const char*)>(#NAME); \
    FILE* file = real(path, mode);                                             \
    if (file) opened(path, fileno(file));                                      \
    return file;                                                               \
  }
FOPEN(fopen)
FOPEN(fopen64)

DIR* opendir(const char* path) {
  if (!is_system(path) && fails(open_call)) return nullptr;
  static const auto real = next<DIR* (*)(const char*)>("opendir");
  return real(path);
}

/// Programs end by this, with nothing behind it.
[[noreturn]] void _exit(int code) {
  tell_counts();
  syscall(SYS_exit_group, code);
  __builtin_unreachable();
}

int close(int descriptor) {
  static const auto real = next<int (*)(int)>("close");
  const bool counted = is_own(descriptor) && descriptor != 1;
  if (counted) own[descriptor] = false;
  const int result = real(descriptor);
  return counted && fails(close_call) ? -1 : result;
}

int fclose(FILE* file) {
  static const auto real = next<int (*)(FILE*)>("fclose");
  const int descriptor = fileno(file);
  const bool counted = is_own(descriptor) && descriptor != 1;
  if (counted) own[descriptor] = false;
  const int result = real(file);
  return counted && fails(close_call) ? EOF : result;
}

#define TRANSFER(KIND, RESULT, NAME, PARAMETERS, ARGUMENTS)     \
  RESULT NAME PARAMETERS {                                      \
    if (is_own(descriptor) && fails(KIND)) return -1;           \
    static const auto real = next<RESULT(*) PARAMETERS>(#NAME); \
    return real ARGUMENTS;                                      \
  }
TRANSFER(write_call, ssize_t, write, (int descriptor, const void* from, size_t n),
         (descriptor, from, n))
TRANSFER(write_call, ssize_t, writev, (int descriptor, const iovec* from, int n),
         (descriptor, from, n))
TRANSFER(write_call, ssize_t, pwrite, (int descriptor, const void* from, size_t n, off_t at),
         (descriptor, from, n, at))
TRANSFER(write_call, ssize_t, pwrite64, (int descriptor, const void* from, size_t n, off64_t at),
         (descriptor, from, n, at))
TRANSFER(write_call, int, ftruncate, (int descriptor, off_t size), (descriptor, size))
TRANSFER(read_call, ssize_t, read, (int descriptor, void* to, size_t n), (descriptor, to, n))
TRANSFER(read_call, ssize_t, readv, (int descriptor, const iovec* to, int n), (descriptor, to, n))
TRANSFER(read_call, ssize_t, pread, (int descriptor, void* to, size_t n, off_t at),
         (descriptor, to, n, at))
TRANSFER(read_call, ssize_t, pread64, (int descriptor, void* to, size_t n, off64_t at),
         (descriptor, to, n, at))
TRANSFER(fsync_call, int, fsync, (int descriptor), (descriptor))
TRANSFER(fsync_call, int, fdatasync, (int descriptor), (descriptor))

// The C library writes what its streams hold by itself, so a stream's calls stand for it.
size_t fwrite(const void* from, size_t size, size_t n, FILE* file) {
  static const auto real = next<size_t (*)(const void*, size_t, size_t, FILE*)>("fwrite");
  if (is_own(fileno(file)) && fails(write_call)) return 0;
  return real(from, size, n, file);
}
int fflush(FILE* file) {
  static const auto real = next<int (*)(FILE*)>("fflush");
  if (file && is_own(fileno(file)) && fails(write_call)) return EOF;
  return real(file);
}
size_t fread(void* to, size_t size, size_t n, FILE* file) {
  static const auto real = next<size_t (*)(void*, size_t, size_t, FILE*)>("fread");
  if (is_own(fileno(file)) && fails(read_call)) return 0;
  return real(to, size, n, file);
}

int rename(const char* from, const char* to) {
  static const auto real = next<int (*)(const char*, const char*)>("rename");
  return fails(rename_call) ? -1 : real(from, to);
}

#define REMOVAL(NAME, PARAMETERS, ARGUMENTS)                 \
  int NAME PARAMETERS {                                      \
    fails(remove_call); /* which it never does, but kills */ \
    static const auto real = next<int(*) PARAMETERS>(#NAME); \
    return real ARGUMENTS;                                   \
  }
REMOVAL(unlink, (const char* path), (path))
REMOVAL(unlinkat, (int folder, const char* path, int flags), (folder, path, flags))
REMOVAL(remove, (const char* path), (path))

void* malloc(size_t size) {
  return size >= large && fails(alloc_call) ? nullptr : __libc_malloc(size);
}
void* calloc(size_t n, size_t size) {
  return n * size >= large && fails(alloc_call) ? nullptr : __libc_calloc(n, size);
}
void* realloc(void* old, size_t size) {
  return size >= large && fails(alloc_call) ? nullptr : __libc_realloc(old, size);
}
int posix_memalign(void** to, size_t alignment, size_t size) {
  if (size >= large && fails(alloc_call)) return ENOMEM;
  *to = __libc_memalign(alignment, size);
  return *to ? 0 : ENOMEM;
}
void* aligned_alloc(size_t alignment, size_t size) {
  return size >= large && fails(alloc_call) ? nullptr : __libc_memalign(alignment, size);
}
}
