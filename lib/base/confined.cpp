#include "base/confined.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <new>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "base/limits.h"

namespace kdseg {
namespace {

enum Outcome : int64_t { done, data_error, run_error, out_of_memory };

/// Calls of the system that reading a file and computing need.
constexpr long allowed_calls[] = {
    __NR_read,         __NR_pread64,        __NR_readv,        __NR_lseek,      __NR_close,
    __NR_fstat,        __NR_newfstatat,     __NR_statx,        __NR_getdents64, __NR_readlinkat,
    __NR_faccessat,    __NR_getcwd,         __NR_mmap,         __NR_munmap,     __NR_mremap,
    __NR_mprotect,     __NR_madvise,        __NR_brk,          __NR_futex,      __NR_clock_gettime,
    __NR_gettimeofday, __NR_getpid,         __NR_gettid,       __NR_getrandom,  __NR_sched_yield,
    __NR_rt_sigaction, __NR_rt_sigprocmask, __NR_rt_sigreturn, __NR_exit,       __NR_exit_group,
    __NR_getrusage,    __NR_fadvise64,      __NR_uname,        __NR_sysinfo,    __NR_getuid,
    __NR_geteuid,      __NR_sigaltstack,
#ifdef __NR_stat
    __NR_stat,         __NR_lstat,          __NR_access,       __NR_readlink,
#endif
};

/// From here on this process reads, computes and writes to `result`. \return false: an old kernel
bool forbid_all_else(int result) {
  std::vector<sock_filter> rules;
  const auto add = [&](uint16_t code, uint32_t k, uint8_t yes = 0, uint8_t no = 0) {
    rules.push_back({code, yes, no, k});
  };
  const auto load = [&](size_t offset) {
    add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset));
  };
  const auto answer = [&](uint32_t action) { add(BPF_RET | BPF_K, action); };
  constexpr uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;
  constexpr size_t number_at = offsetof(seccomp_data, nr);
  const auto argument_at = [](size_t i) { return offsetof(seccomp_data, args) + 8 * i; };
  constexpr uint32_t writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
#if defined(__x86_64__)
  load(offsetof(seccomp_data, arch));
  add(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
  answer(refuse);
#endif
  load(number_at);
  for (const long call : allowed_calls) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(call), 0, 1);
    answer(SECCOMP_RET_ALLOW);
  }
  const auto when = [&](long call, size_t argument, uint16_t test, uint32_t value, bool allow) {
    add(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(call), 0, 4);
    load(argument_at(argument));
    add(BPF_JMP | test | BPF_K, value, 0, 1);
    answer(allow ? SECCOMP_RET_ALLOW : refuse);
    answer(allow ? refuse : SECCOMP_RET_ALLOW);
  };
  when(__NR_write, 0, BPF_JEQ, static_cast<uint32_t>(result), true);
  when(__NR_openat, 2, BPF_JSET, writing, false);
#ifdef __NR_open
  when(__NR_open, 1, BPF_JSET, writing, false);
#endif
  answer(refuse);
  const sock_fprog program{static_cast<unsigned short>(rules.size()), rules.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

uint64_t address_space_now() {
  std::ifstream stream("/proc/self/statm");
  uint64_t pages = 0;
  stream >> pages;
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGE_SIZE));
}

void limit(int what, uint64_t value) {
  const rlimit both{value, value};
  setrlimit(static_cast<__rlimit_resource>(what), &both);
}

/// What becomes of the child: its own end.
[[noreturn]] void be_child(const std::string& path, int result, const Confinement& limits,
                           const std::function<void()>& read,
                           const std::function<void(Sink&)>& send) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int s : {SIGTERM, SIGINT, SIGUSR1}) signal(s, SIG_IGN);  // the parent decides
  for (const int s : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGXCPU, SIGPIPE})
    signal(s, SIG_DFL);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_CPU, static_cast<uint64_t>(limits.cpu_seconds));
  if (const uint64_t now = address_space_now(); now > 0)
    limit(RLIMIT_AS, now + limits.memory_bytes);
  const auto say = [result](int64_t outcome, const char* message) {
    Sink sink(result);
    sink.number(outcome);
    sink.text(message);
  };
  Sink sink(result);
  try {
    forbid_all_else(result);
    read();
    sink.number(done);
    send(sink);
  } catch (const RunError& e) {
    say(run_error, e.what());
  } catch (const std::bad_alloc&) {
    say(out_of_memory, "");
  } catch (const DataError& e) {
    say(data_error, e.what());
  } catch (const std::exception& e) {
    say(data_error, (path + ": cannot be read: " + e.what()).c_str());
  } catch (...) {
    say(data_error, (path + ": cannot be read").c_str());
  }
  _exit(0);
}

/// Closes and waits, whatever happens.
class Child {
 public:
  Child(pid_t process, int result) : process_(process), result_(result) {}
  ~Child() {
    if (process_ > 0) kill(process_, SIGKILL);
    wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  int wait() {
    if (result_ >= 0) ::close(std::exchange(result_, -1));
    int status = 0;
    if (process_ > 0)
      while (waitpid(process_, &status, 0) < 0 && errno == EINTR) {
      }
    process_ = -1;
    return status;
  }

 private:
  pid_t process_;
  int result_;
};

[[noreturn]] void explain(const std::string& path, int status, const Confinement& limits) {
  if (WIFSIGNALED(status) && (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
    throw DataError("{}: not read within {} s of computing: is it damaged?", path,
                    limits.cpu_seconds);
  throw DataError("{}: the library that reads it failed on it (signal {}): the file is damaged",
                  path, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

}  // namespace

void Sink::put(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) _exit(1);  // the parent is gone
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
}

void Sink::text(const std::string& text) {
  number(static_cast<int64_t>(text.size()));
  put(std::as_bytes(std::span(text)));
}

void Source::get(std::span<std::byte> bytes) {
  // A stop is left to the caller: what is saved at a stop reads the ids of its inputs, and the
  // child's own limits end what takes too long.
  while (!bytes.empty()) {
    pollfd ready{descriptor_, POLLIN, 0};
    if (poll(&ready, 1, 200) <= 0) continue;
    const ssize_t n = ::read(descriptor_, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) throw Ended{};
    bytes = bytes.subspan(static_cast<size_t>(n));
  }
}

int64_t Source::number() {
  int64_t value = 0;
  get(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

size_t Source::count(size_t size) {
  const auto n = static_cast<uint64_t>(number());
  if (n > limit_ / size) throw Ended{};
  return n;
}

std::string Source::text() {
  std::string text(count(1), '\0');
  get(std::as_writable_bytes(std::span(text)));
  return text;
}

Confinement confinement_for(uint64_t bytes, uint64_t factor) {
  constexpr uint64_t mebi = uint64_t{1} << 20;
  const auto all = static_cast<uint64_t>(usable_memory_bytes());
  return {std::min(all, 192 * mebi + factor * bytes),
          static_cast<int>(std::min<uint64_t>(5 + bytes / mebi, 36000))};
}

void in_child(const std::string& path, const Confinement& limits, const std::function<void()>& read,
              const std::function<void(Sink&)>& send, const std::function<void(Source&)>& take) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw RunError("{}: no pipe: {}", path, std::strerror(errno));
  const pid_t process = fork();
  if (process == 0) {
    ::close(ends[0]);
    be_child(path, ends[1], limits, read, send);
  }
  const int error = errno;
  ::close(ends[1]);
  Child child(process, ends[0]);
  if (process < 0) throw RunError("{}: no process to read it in: {}", path, std::strerror(error));
  Source source(ends[0], std::max<uint64_t>(limits.memory_bytes, 1 << 20));
  int64_t outcome = done;
  std::string message;
  try {
    outcome = source.number();
    if (outcome == done) return take(source);
    message = source.text();
  } catch (const Source::Ended&) {
    explain(path, child.wait(), limits);
  }
  if (outcome == run_error) throw RunError(message);
  if (outcome == out_of_memory)
    throw DataError("{}: reading it takes more than {} MiB of memory: is it damaged?", path,
                    limits.memory_bytes >> 20);
  throw DataError(message);
}

}  // namespace kdseg
