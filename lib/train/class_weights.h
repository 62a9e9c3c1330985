// Class weights that a loss term wants learnt from the training cases.
#pragma once
#include <vector>

#include "base/parameters.h"
#include "data/case_store.h"

namespace kdseg::train {

/// The terms with every `class-weights = from-train` left out: enough to check them, and to ask
/// what they need, before any case is read.
std::vector<Section> without_open_weights(std::vector<Section> terms);

/// Replaces `class-weights = from-train` in the terms by the weights of the prepared training
/// cases' voxels within the brain. Sections without it are left alone, and no case is read then.
void fill_class_weights(std::vector<Section>& terms, data::CaseStore& training, int64_t classes,
                        int threads);

}  // namespace kdseg::train
