// Whether a finished training may go on with more epochs.
#pragma once
#include <cstdint>
#include <string>

#include "base/run_context.h"
#include "base/run_settings.h"
#include "methods/setup.h"

namespace kdseg::train {

/// A training of `former` epochs, and the one of `epochs` that it is to become.
struct Prolonging {
  int64_t former = 1, epochs = 1;
  int64_t iterations_per_epoch = 1;
  int64_t validate_every = 1;
};

/// Why the first `former` epochs of the longer training would have gone otherwise than those that
/// are behind; "" where they are the same. `settings`: as resolved, sections by "[KIND.NAME] key".
std::string fault_of_prolonging(const Prolonging& lengths, const methods::Setup& setup,
                                const NamedValues& settings);

}  // namespace kdseg::train
