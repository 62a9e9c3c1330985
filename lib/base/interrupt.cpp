#include "base/interrupt.h"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>

#include "base/errors.h"
#include "base/stop_signal.h"

namespace kdseg {
namespace {

volatile std::sig_atomic_t signals_seen = 0;
std::atomic<double> deadline{0};

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void on_signal(int) {
  if (signals_seen) _exit(75);
  signals_seen = 1;
}

}  // namespace

void install_stop_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (int s : {SIGTERM, SIGINT, SIGUSR1}) sigaction(s, &action, nullptr);
}

void set_deadline(double seconds) { deadline = seconds > 0 ? now_seconds() + seconds : 0; }

bool stop_requested() {
  if (signals_seen) return true;
  const double at = deadline;
  return at > 0 && now_seconds() >= at;
}

void throw_if_signalled() {
  if (signals_seen) throw Stopped("stopped by a signal");
}

void throw_if_stopped() {
  if (stop_requested()) throw Stopped("stopped by a signal or the deadline");
}

}  // namespace kdseg
