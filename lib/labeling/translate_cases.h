// Volumes translated into images of another kind: what cyclegan-align does once it is trained.
#pragma once
#include "labeling/settings.h"

namespace kdseg::labeling {

/// With --describe prints what the generator is instead.
/// Prepares every selected case as one generator of the translator asks (`settings.network`,
/// FROM-to-TO) and writes what it makes as a volume: prepared, as if the recipe of the other stream
/// had prepared it, with the channels of its images and the case's own labels and positions. The
/// output folder gets the sheet cases.tsv, with a column `translated`; with `nifti` scans on the
/// cases' own grids instead. Cases that an interrupted run finished are kept by the same command.
/// \throws UsageError  outputs exist, a direction that the file lacks
/// \throws DataError   a checkpoint that is no translator; a case without the channels, or prepared
///                     by another recipe
/// \throws Stopped     a signal or deadline; the same command continues
void translate_cases(const LabelSettings& settings, const RunContext& run);

/// \throws UsageError  settings that are about applying a translator, of which there is none
void refuse_without_translator(const LabelSettings& settings);

}  // namespace kdseg::labeling
