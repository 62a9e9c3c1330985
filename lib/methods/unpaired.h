// Networks that learn from unpaired streams, with translations between their images.
#pragma once
#include <memory>

#include "methods/setup.h"

namespace kdseg::methods {

/// One iteration of algorithm 1 of Li et al. 2020 (MKD): the updates of Translation (steps 2 to 5;
/// none where the translator is taken as it is), then those of the procedure mutual (6 to 8), whose
/// streams are also "a>t" and "t>a", images of one stream as the other's, made by the generators as
/// they are then and without gradient. A lesson with `shapes` also guides the generator that makes
/// its images. What no lesson asks for is not computed. Predictions are the networks'; the
/// generators are written beside them.
/// Differs from the paper: discriminators minimize the losses that its equations 1 and 2 have them
/// maximize; the cycle's loss counts once in each generator's update.
/// \throws UsageError  no translation; see plan_of()
std::unique_ptr<Method> make_unpaired(const Setup& setup);

/// The same for the generators' sake: they are what is written. Networks, where there are any, only
/// guide them.
std::unique_ptr<Method> make_alignment(const Setup& setup);

}  // namespace kdseg::methods
