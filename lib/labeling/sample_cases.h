// Mean predictions and uncertainties by Monte Carlo dropout for many cases: what the program
// mcdropout does.
#pragma once
#include <string>

#include "labeling/settings.h"

namespace kdseg::labeling {

/// As label_cases(), with one network and dropout on: the prediction is the mean of `samples`
/// passes and carries an uncertainty of 0..100 per region. Under `normalize = minmax-set` finished
/// cases wait in the folder `unscaled` of the output folder until the range of the whole set is
/// known; then they are scaled and the folder disappears. An interrupted run continues in either
/// stage, and no file ever holds values of another scale than its neighbors.
/// \throws UsageError, DataError, Stopped  as label_cases(); DataError: a network without dropout
void sample_cases(const LabelSettings& settings, const SamplingSettings& sampling,
                  const RunContext& run);

/// The text of --describe.
std::string describe_sampling(const LabelSettings& settings, const SamplingSettings& sampling,
                              int threads);

}  // namespace kdseg::labeling
