// The scalars of one step on their way to the history: fetched at once, checked to be finite.
#pragma once
#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "base/errors.h"
#include "methods/method.h"

namespace kdseg::methods {

/// Exit code 1, and no retry: the same settings fail again.
class NonFinite : public RunError {
 public:
  using RunError::RunError;
};

using NamedScalars = std::vector<std::pair<std::string, at::Tensor>>;

/// Values of `scalars` by name, in one transfer from the device.
/// \throws NonFinite  naming the first that is not finite, the step, and the cases
Report finite_report(const NamedScalars& scalars, const StepInfo& info,
                     const std::vector<std::string>& cases);

}  // namespace kdseg::methods
