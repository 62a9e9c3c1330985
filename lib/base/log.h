// Messages for people, on stderr as `tool: level: text`, and to a log file where one is asked for.
#pragma once
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace kdseg::log {

enum class Level { error, warning, info, debug };

struct Options {
  std::string tool;
  Level level = Level::info;  ///< quiet: warning; verbose: debug
  std::string file;           ///< also appended there, with time stamps; empty: none
};

/// Sets the destination for the whole process. Throws RunError when the file cannot be opened.
void configure(const Options& options);

void write(Level level, std::string_view text);

template <class... Args>
void info(fmt::format_string<Args...> text, Args&&... args) {
  write(Level::info, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void warning(fmt::format_string<Args...> text, Args&&... args) {
  write(Level::warning, fmt::format(text, std::forward<Args>(args)...));
}
template <class... Args>
void debug(fmt::format_string<Args...> text, Args&&... args) {
  write(Level::debug, fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace kdseg::log
