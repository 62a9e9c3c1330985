// Signals alone, for work before anything can be saved.
#pragma once

namespace kdseg {

/// Throws Stopped("...") when a signal came. A deadline does not count: were it shorter than the
/// set-up of a training, which is done anew by every call, the training would never get anywhere.
void throw_if_signalled();

}  // namespace kdseg
