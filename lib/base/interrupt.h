// Stopping in good order: signals and the deadline set a flag, the step ends, state is saved.
#pragma once
#include <stdexcept>

namespace kdseg {

/// SIGTERM, SIGINT and SIGUSR1 set the flag; a second one ends the process at once with code 75.
void install_stop_signals();

/// Seconds from now after which stop_requested() is true; 0 or less: no deadline.
void set_deadline(double seconds);

bool stop_requested();

/// Throws Stopped("...") when stop_requested(): for work that keeps no state of its own.
void throw_if_stopped();

}  // namespace kdseg
