// The translator of a run: two generators and their discriminators, or those of a file.
#pragma once
#include <memory>
#include <span>
#include <vector>

#include "methods/setup.h"
#include "prepare/recipe.h"
#include "train/settings.h"
#include "train/teacher.h"
#include "train/training_cases.h"

namespace kdseg::train {

/// Keys of [generator] and [discriminator].
std::vector<Parameter> generator_parameters(), discriminator_parameters();

/// Whether the procedure translates between two streams.
bool translates(const Procedure& procedure);

/// The streams that [translation] names, by their positions.
struct Ends {
  size_t from = 0, to = 1;
};
/// \throws UsageError  no such streams, fewer than two, or the same twice
Ends ends_of(const LearningSettings& settings, const std::vector<Stream>& streams);

/// Checkpoint of a translator that is taken as it is; empty: it is trained.
std::string translator_file(const LearningSettings& settings);

/// No case, and no patient where the sheet has a column of that name, is in both streams.
/// \throws DataError  naming one that is
void require_unpaired(const TrainingCases& cases, const Ends& ends);

/// Networks on `device` with their contracts: a generator's recipe is that of the stream it takes
/// images of, and the other one's says what it makes. `recipes` are by stream.
/// \throws UsageError, DataError  sections, channels or sizes that do not fit
methods::TranslationSetup make_translation(
    const LearningSettings& settings, const TrainingCases& cases, const FrozenNetworks& frozen,
    const std::vector<std::unique_ptr<prepare::Recipe>>& recipes, at::Device device);

}  // namespace kdseg::train
