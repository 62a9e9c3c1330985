// What a run will cost, before it starts.
#pragma once
#include <array>
#include <string>

#include "methods/method.h"
#include "methods/setup.h"

namespace kdseg::train {

/// Networks with their parameters, work per iteration and memory for inputs of this size, as text
/// lines. Memory is measured: one iteration on the smallest input the networks take, activations
/// scaled by the number of voxels. `channels` is the number of channels of the stream's images.
std::string describe_run(methods::Method& method, const methods::Setup& setup,
                         std::array<int64_t, 3> size, int64_t batch, int64_t channels);

}  // namespace kdseg::train
