// What every run of a program is given beside its settings.
#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/claims.h"
#include "base/provenance.h"

namespace kdseg {

/// Names and values of settings in a fixed order.
using NamedValues = std::vector<std::pair<std::string, std::string>>;

struct RunContext {
  int threads = 1;
  Provenance provenance;   ///< to be completed by device, inputs and seed
  NamedValues settings{};  ///< all of the program's, resolved: "epochs", "[term.dice] weight"
  /// Output files are claimed by the program, output folders by the library.
  std::shared_ptr<Claims> claims{};
};

}  // namespace kdseg
