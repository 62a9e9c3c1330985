#include "base/log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "base/errors.h"
#include "base/progress.h"

namespace kdseg::log {
namespace {

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::error:
      return spdlog::level::err;
    case Level::warning:
      return spdlog::level::warn;
    case Level::info:
      return spdlog::level::info;
    case Level::debug:
      return spdlog::level::debug;
  }
  return spdlog::level::info;
}

std::shared_ptr<spdlog::logger>& logger() {
  static auto instance = [] {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    sink->set_pattern("%n: %l: %v");
    return std::make_shared<spdlog::logger>("kdseg", sink);
  }();
  return instance;
}

}  // namespace

void configure(const Options& options) {
  auto console = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  console->set_pattern("%n: %l: %v");
  console->set_level(to_spdlog(options.level));
  std::vector<spdlog::sink_ptr> sinks{console};
  if (!options.file.empty()) {
    try {
      auto file = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
      file->set_pattern("%Y-%m-%dT%H:%M:%S%z %n: %l: %v");
      sinks.push_back(file);
    } catch (const spdlog::spdlog_ex& e) {
      throw RunError("log file {}: {}", options.file, e.what());
    }
  }
  auto made = std::make_shared<spdlog::logger>(options.tool, sinks.begin(), sinks.end());
  made->set_level(spdlog::level::debug);
  made->flush_on(spdlog::level::debug);  // a program ends without a word to its streams
  logger() = made;
}

void write(Level level, std::string_view text) {
  progress_detail::clear_line();
  logger()->log(to_spdlog(level), text);
}

}  // namespace kdseg::log
