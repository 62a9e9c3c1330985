// What the networks of a run are and cost: the text of --describe.
#pragma once
#include <string>
#include <vector>

#include "models/network.h"

namespace kdseg::labeling {

/// Parameters, channels, classes, tiling, and work and memory of one pass for each model.
std::string describe_models(const std::vector<models::Model>& models,
                            const std::vector<std::string>& names, at::Device device);

}  // namespace kdseg::labeling
