// Networks that do not learn: the teacher and others, and what they may have seen before.
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "methods/setup.h"
#include "train/settings.h"
#include "train/training_cases.h"

namespace kdseg::train {

/// Keys of [frozen.NAME].
std::span<const Parameter> frozen_parameters();

struct FrozenNetworks {
  std::vector<methods::Frozen> networks;  ///< the teacher is called `teacher`
  std::vector<std::string> files;         ///< of each, for messages and provenance
  /// The generators of [translation] file: from its first stream to its second, and back.
  struct Translator {
    models::Model there, back;
    std::string file;
  };
  std::optional<Translator> translator;
  int64_t leaked = 0;  ///< held-out cases that one of them was trained on

  const models::Model* teacher() const;  ///< null: none
};

/// The teacher and the [frozen.NAME] networks, on `device`, their classes held against the run's.
/// The translator of [translation] file likewise.
/// A teacher that has seen a test case with its label tells its student about it: refused, or with
/// --allow-leak counted; one that has seen a validation case flatters its scores: a warning.
/// \throws DataError  classes or channels do not fit, a leak
FrozenNetworks open_frozen(const LearningSettings& settings, const Procedure& procedure,
                           const TrainingCases& cases, at::Device device);

}  // namespace kdseg::train
