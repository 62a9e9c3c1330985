// Training from labels alone.
#pragma once
#include <memory>

#include "methods/setup.h"

namespace kdseg::methods {

/// One step: forward with dropout, the weighted sum of the loss terms, one optimizer update.
/// \throws UsageError  a term needs a teacher
std::unique_ptr<Method> make_supervised(const Setup& setup);

}  // namespace kdseg::methods
