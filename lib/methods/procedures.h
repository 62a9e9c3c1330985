// The training procedures there are: one row each.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "methods/setup.h"

namespace kdseg::methods {

struct ProcedureRow {
  std::string name, summary, source;
  std::vector<Parameter> parameters;  ///< the plain keys it adds to the settings
  std::function<std::unique_ptr<Method>(const Setup&)> build;
};

const std::vector<ProcedureRow>& procedures();

/// \throws UsageError  unknown name (nearest named), and what the procedure itself refuses
std::unique_ptr<Method> make_method(const std::string& procedure, const Setup& setup);

}  // namespace kdseg::methods
