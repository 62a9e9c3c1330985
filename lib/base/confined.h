// Reading files that nobody vouches for in a child process that can do no harm.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

namespace kdseg {

/// Where the child puts what it read.
class Sink {
 public:
  explicit Sink(int descriptor) : descriptor_(descriptor) {}
  void put(std::span<const std::byte> bytes);
  void number(int64_t value) { put(std::as_bytes(std::span(&value, 1))); }
  void text(const std::string& text);

 private:
  int descriptor_;
};

/// Where the parent takes it from. All functions throw when the child has ended before, or sends
/// more than `limit` bytes in one piece.
class Source {
 public:
  Source(int descriptor, uint64_t limit) : descriptor_(descriptor), limit_(limit) {}
  /// \throws Stopped  a signal or the deadline
  void get(std::span<std::byte> bytes);
  int64_t number();
  std::string text();
  /// A count of things of `size` bytes each.
  size_t count(size_t size);

  struct Ended {};  ///< what is thrown

 private:
  int descriptor_;
  uint64_t limit_;
};

/// What the child may use beyond what this process has at the moment.
struct Confinement {
  uint64_t memory_bytes;
  int cpu_seconds;
};

/// For a file of `bytes`, whose content may unfold `factor` times.
Confinement confinement_for(uint64_t bytes, uint64_t factor);

/// Runs `read` and then `send` in a child process of limited memory and time that can write nothing
/// but its result, opens files for reading alone and starts nothing (Linux: seccomp, where the
/// kernel has it, and resource limits); `take` gets the result in this process. To be called while
/// no other thread is inside the library that `read` uses.
/// \throws DataError   thrown by `read`; or it crashed or ran over its limits: `path` is damaged
/// \throws RunError    thrown by `read`; or there is no child to be had
/// \throws Stopped     a signal or the deadline
void in_child(const std::string& path, const Confinement& limits, const std::function<void()>& read,
              const std::function<void(Sink&)>& send, const std::function<void(Source&)>& take);

/// As in_child(), for a value that has a way through the pipe.
template <class T>
T read_confined(const std::string& path, const Confinement& limits, const std::function<T()>& read,
                void (*send)(Sink&, const T&), T (*receive)(Source&)) {
  std::optional<T> made, received;
  in_child(
      path, limits, [&] { made = read(); }, [&](Sink& sink) { send(sink, *made); },
      [&](Source& source) { received = receive(source); });
  return std::move(*received);
}

}  // namespace kdseg
