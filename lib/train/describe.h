// What a run will cost, before it starts.
#pragma once
#include <string>
#include <vector>

#include "methods/method.h"
#include "methods/setup.h"

namespace kdseg::train {

struct DescribedStream {
  std::string name;
  std::vector<std::string> channels;  ///< of its images in memory
  methods::Shape shape;
  bool slices = false, labelled = true;
};

/// What an iteration holds at its peak, GiB.
struct IterationMemory {
  double parameters = 0;   ///< with gradients and moments of what is trained
  double activations = 0;  ///< measured on the smallest input, scaled by the number of voxels
  double total() const { return parameters + activations; }
};

/// Takes two steps of the method of this procedure: it must not be trained afterwards.
IterationMemory memory_of(methods::Method& method, const std::string& procedure,
                          const methods::Setup& setup, const std::vector<DescribedStream>& streams);

/// Networks with their parameters, work per iteration and memory for inputs of these sizes, as text
/// lines. Memory is measured: one iteration on the smallest input the networks take, activations
/// scaled by the number of voxels.
std::string describe_run(methods::Method& method, const std::string& procedure,
                         const methods::Setup& setup, const std::vector<DescribedStream>& streams);

}  // namespace kdseg::train
