// The cases of a run, checked by their headers before any work.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/run_settings.h"
#include "base/volume.h"
#include "cohort/sheet.h"
#include "prepare/recipe.h"

namespace kdseg::train {

struct TrainingCases {
  std::vector<cohort::Row> training, validation;
  /// Cases of the sheet that this run's networks must not have learnt from: those of split `test`
  /// and of folds without a training case.
  std::vector<std::string> held_out;
  ClassTable classes;
  std::vector<Region> regions;        ///< what is scored; one per class where the volumes name none
  std::vector<std::string> channels;  ///< of the first training case
  std::vector<std::vector<std::string>> channels_of;  ///< per row, training before validation
  std::string prepared_ini;  ///< recipe of prepared volumes; empty for source volumes
  std::string content;       ///< hash over the ids and contents of all cases, in order
  std::string files;         ///< hash over the files' sizes and times of change

  const cohort::Row& row(size_t i) const {
    return i < training.size() ? training[i] : validation[i - training.size()];
  }
  size_t size() const { return training.size() + validation.size(); }
};

/// Reads the sheet and every header.
/// \throws UsageError  a selection without cases, a case selected for both training and validation
/// \throws DataError   a file is missing or unreadable, has no label, or its classes differ from
///                     the first case's
TrainingCases open_cases(const TrainingSettings& settings, int threads);

/// Every case has these channels, which `who` expects. \throws DataError  naming the first without
void require_channels(const TrainingCases& cases, const std::vector<std::string>& channels,
                      const std::string& who);

/// \throws UsageError  source volumes, and neither a recipe file nor a teacher; a line of the file
///                     that is no setting
void check_recipe(const TrainingCases& cases, const std::string& file, bool teacher);

/// The recipe of a run: that of prepared volumes, or the settings file's, its open constants taken
/// from `teacher_ini` where there is a teacher, else learnt from the training cases; without a file
/// the teacher's.
/// \throws DataError  the recipe differs from the teacher's (`teacher` names it)
std::unique_ptr<prepare::Recipe> open_recipe(const TrainingCases& cases, const std::string& file,
                                             const std::string& teacher,
                                             const std::string& teacher_ini, int threads);

}  // namespace kdseg::train
