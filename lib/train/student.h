// The network that a run trains, as its settings and cases want it.
#pragma once
#include "models/network.h"
#include "prepare/recipe.h"
#include "train/settings.h"
#include "train/training_cases.h"

namespace kdseg::train {

/// The [network.NAME] section of the settings; had-net-unet with its defaults when there is none.
/// \throws UsageError  more than one
Section network_section(const LearningSettings& settings);

/// The settings' channels, or all of the volumes'.
std::vector<std::string> student_channels(const LearningSettings& settings,
                                          const TrainingCases& cases);

/// The output head that the settings ask for: the volumes' classes, their regions, or channels that
/// the network makes, called "synthetic-NAME" after what they stand for.
/// \throws UsageError  regions, and a term that needs exclusive classes
Head head_of(const LearningSettings& settings, const TrainingCases& cases);

/// Replaces parts of the student ("bott", "enc4": modules by their path) by the teacher's and
/// freezes them. Source: KD-Net, Hu et al. 2020, the experiment with shared deep layers.
/// \throws UsageError  a part that the student has not (nearest named)
/// \throws DataError   a parameter that the teacher lacks or has in another shape
void copy_frozen(models::Model& student, const models::Model& teacher,
                 const std::vector<std::string>& parts);

/// An initialized network with its contract; parameters of --init where given. On the CPU.
models::Model make_student(const LearningSettings& settings, const TrainingCases& cases,
                           const prepare::Recipe& recipe);

/// The adversary's section for this run: --width scales the discriminator as it scales the network,
/// so that settings files keep their proportions.
Section settled_adversary(const Section& section, const LearningSettings& settings);

/// The network accepts this input size (x y z). \throws DataError  naming `where` it comes from
void require_size(const models::Network& network, const std::array<int64_t, 3>& size,
                  const std::string& where);

}  // namespace kdseg::train
