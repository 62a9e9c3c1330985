// What every run of a program is given beside its settings.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "base/provenance.h"

namespace kdseg {

/// Names and values of settings in a fixed order.
using NamedValues = std::vector<std::pair<std::string, std::string>>;

struct RunContext {
  int threads = 1;
  bool force = false;      ///< existing outputs may be replaced
  Provenance provenance;   ///< to be completed by device, inputs and seed
  NamedValues settings{};  ///< all of the program's, resolved: "epochs", "[term.dice] weight"
};

}  // namespace kdseg
