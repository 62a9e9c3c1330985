// The network that a run trains, as its settings and cases want it.
#pragma once
#include "models/network.h"
#include "prepare/recipe.h"
#include "train/settings.h"
#include "train/training_cases.h"

namespace kdseg::train {

/// A network that the settings describe: `name` is theirs, `section` the catalog's.
struct NamedSection {
  std::string name;
  Section section;
};

/// The [network.NAME] sections: NAME is the catalog's, or any where the key `kind` tells that one.
/// had-net-unet with its defaults when there is none. A sole network without a name of its own is
/// called `sole`.
/// \throws UsageError  two of one name
std::vector<NamedSection> network_sections(const LearningSettings& settings,
                                           const std::string& sole = "network");

/// The only one. \throws UsageError  more than one
Section network_section(const LearningSettings& settings);

/// The section of a network with what the run decides, where its row has such keys and the section
/// leaves them open: `head` by the head, `image-size` by the input's size (x, y, z).
/// \throws UsageError  a head of its own
Section settled_network(const Section& section, const Head& head,
                        const std::array<int64_t, 3>& input);

/// The output head that the settings ask for: the volumes' classes, their regions, or channels that
/// the network makes, called "synthetic-NAME" after what they stand for.
/// \throws UsageError  regions, and a term that needs exclusive classes
Head head_of(const LearningSettings& settings, const TrainingCases& cases);

/// Replaces parts of the network ("bott", "enc4": modules by their path) by the teacher's and
/// freezes them. Source: KD-Net, Hu et al. 2020, the experiment with shared deep layers.
/// \throws UsageError  a part that the network has not (nearest named)
/// \throws DataError   a parameter that the teacher lacks or has in another shape
void copy_frozen(models::Model& network, const models::Model& teacher,
                 const std::vector<std::string>& parts);

/// An initialized network with its contract; parameters of --init where given. On the CPU.
/// `channels` are what it sees, `seed` starts its parameters.
models::Model make_model(const LearningSettings& settings, const TrainingCases& cases,
                         const NamedSection& section, const prepare::Recipe& recipe,
                         const std::vector<std::string>& channels, uint64_t seed);

/// What the parameters of one of several networks start from, by its name.
uint64_t initial_seed(uint64_t seed, const std::string& name);

/// The adversary's section for this run: --width scales the discriminator as it scales the network,
/// so that settings files keep their proportions.
Section settled_adversary(const Section& section, const LearningSettings& settings);

/// The network takes what the stream draws: slices or volumes. \throws UsageError  naming both
void require_unit(const models::Network& network, const std::string& name, const Stream& stream);

/// The network accepts this input size (x y z; z is 1 for slices). \throws DataError  naming
/// `where` it comes from
void require_size(const models::Network& network, const std::array<int64_t, 3>& size,
                  const std::string& where);

}  // namespace kdseg::train
