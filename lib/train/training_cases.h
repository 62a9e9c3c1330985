// The cases of a run, checked by their headers before any work.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/volume.h"
#include "cohort/sheet.h"
#include "prepare/recipe.h"
#include "train/streams.h"

namespace kdseg::train {

struct StreamCases {
  Stream stream;
  std::vector<cohort::Row> training;
  std::vector<cohort::Row> validation;  ///< of the stream that predictions are made on, else none
  std::vector<std::string> channels;    ///< of the first training case
  std::vector<std::vector<std::string>> channels_of;  ///< per row, training before validation
  std::string prepared_ini;  ///< recipe of prepared volumes; empty for source volumes

  const cohort::Row& row(size_t i) const {
    return i < training.size() ? training[i] : validation[i - training.size()];
  }
  /// Those of its images, in their order.
  const std::vector<std::string>& own_channels() const {
    return stream.channels.empty() ? channels : stream.channels;
  }
  size_t size() const { return training.size() + validation.size(); }
};

struct TrainingCases {
  std::vector<StreamCases> streams;
  size_t predicted = 0;  ///< the stream whose images the finished network sees
  /// Cases of the sheet that this run's networks must not have learnt from: those of split `test`
  /// and of folds without a training case.
  std::vector<std::string> held_out;
  ClassTable classes;
  std::vector<Region> regions;  ///< what is scored; one per class where the volumes name none
  std::string content;          ///< hash over the ids and contents of all cases, in order
  std::string files;            ///< hash over the files' sizes and times of change

  const StreamCases& predicting() const { return streams[predicted]; }
};

std::vector<Stream> all_streams(const TrainingCases& cases);

/// Reads the sheet and every header.
/// \throws UsageError  a stream without cases, a case selected for both training and validation
/// \throws DataError   a file is missing or unreadable, lacks a label that its stream requires, its
///                     classes differ from those of another, or its labels are hidden (a pool)
TrainingCases open_cases(const LearningSettings& settings, int threads);

/// Every case of the stream has these channels, which `who` expects.
/// \throws DataError  naming the first without
void require_channels(const StreamCases& cases, const std::vector<std::string>& channels,
                      const std::string& who);

/// \throws UsageError  source volumes, and neither a recipe file nor a teacher; a line of the file
///                     that is no setting
void check_recipe(const StreamCases& cases, bool teacher);

/// The recipe of a stream: that of prepared volumes, or the settings file's, its open constants
/// taken from `teacher_ini` where there is a teacher, else learnt from the training cases; without
/// a file the teacher's.
/// \throws DataError  the recipe differs from the teacher's (`teacher` names it)
std::unique_ptr<prepare::Recipe> open_recipe(const StreamCases& cases, const std::string& teacher,
                                             const std::string& teacher_ini, int threads);

}  // namespace kdseg::train
