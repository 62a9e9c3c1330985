#include "base/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstdio>

#include "base/log.h"

namespace kdseg {
namespace {

constexpr double first_line_s = 5;

std::atomic<bool> quiet{false};
std::atomic<bool> bar_shown{false};

bool on_terminal() {
  static const bool terminal = isatty(STDERR_FILENO) != 0;
  return terminal;
}

std::string duration(double seconds) {
  const auto s = std::llround(seconds);
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} min {:02} s", s / 60, s % 60);
  return fmt::format("{} h {:02} min", s / 3600, s % 3600 / 60);
}

}  // namespace

namespace progress_detail {
void clear_line() {
  if (bar_shown.exchange(false)) std::fputs("\r\033[K", stderr);
}
}  // namespace progress_detail

Progress::Progress(std::string what, int64_t total, std::string unit)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      total_(total),
      start_(std::chrono::steady_clock::now()) {}

Progress::~Progress() { progress_detail::clear_line(); }

void Progress::set_quiet(bool value) { quiet = value; }

void Progress::advance(int64_t n, std::string_view detail) {
  const std::lock_guard lock(mutex_);
  done_ += n;
  if (quiet || total_ <= 0) return;
  draw(detail, done_ >= total_);
}

void Progress::draw(std::string_view detail, bool last) {
  const auto now = std::chrono::steady_clock::now();
  const double elapsed = std::chrono::duration<double>(now - start_).count();
  const double rate = elapsed > 0 ? static_cast<double>(done_) / elapsed : 0;
  const double left = rate > 0 ? static_cast<double>(total_ - done_) / rate : 0;
  std::string text = fmt::format("{} {}/{} {}, {:.3g}/s", what_, done_, total_, unit_, rate);
  text += last ? fmt::format(", {}", duration(elapsed)) : fmt::format(", {} left", duration(left));
  if (!detail.empty()) text += fmt::format(", {}", detail);
  if (on_terminal()) {
    if (!last && now - drawn_ < std::chrono::milliseconds(100)) return;
    drawn_ = now;
    fmt::print(stderr, "\r\033[K{}", text);
    bar_shown = true;
    return;
  }
  const int64_t tenth = done_ * 10 / total_;
  // A tenth of a long training is hours: an early line says how long the whole will take.
  const bool early = !told_ && elapsed >= first_line_s;
  if (tenth == last_tenth_ && !last && !early) return;
  last_tenth_ = tenth;
  told_ = true;
  log::info("{}", text);
}

}  // namespace kdseg
