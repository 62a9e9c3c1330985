// The kinds of failure a program can end with; cli::run_tool maps each to its exit code.
#pragma once
#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace kdseg {

/// Exit code 1: the run failed (I/O, out of memory, non-finite loss).
class RunError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  template <class... Args>
  explicit RunError(fmt::format_string<Args...> text, Args&&... args) requires(sizeof...(Args) > 0)
      : std::runtime_error(fmt::format(text, std::forward<Args>(args)...)) {}
};

/// Exit code 2: usage or settings; nothing was touched.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  template <class... Args>
  explicit UsageError(fmt::format_string<Args...> text,
                      Args&&... args) requires(sizeof...(Args) > 0)
      : std::runtime_error(fmt::format(text, std::forward<Args>(args)...)) {}
};

/// Exit code 3: input data or a file is missing, unreadable, malformed or does not fit.
class DataError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  template <class... Args>
  explicit DataError(fmt::format_string<Args...> text, Args&&... args) requires(sizeof...(Args) > 0)
      : std::runtime_error(fmt::format(text, std::forward<Args>(args)...)) {}
};

/// Exit code 75: stopped early by a signal or the deadline with the state saved; the same command
/// continues.
class Stopped : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace kdseg
