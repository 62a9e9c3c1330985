// One network of a prediction: what it takes of a case, and its answer back on the case's own grid.
#pragma once
#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "base/volume.h"
#include "models/network.h"
#include "prepare/recipe.h"

namespace kdseg::infer {

/// What a network takes of a case.
struct Prepared {
  Volume volume;
  at::Tensor present;  ///< [1, C], 1 where a channel is given; undefined: all
};

class Member {
 public:
  /// `name` stands for it in messages, as in "student.h5".
  /// \throws DataError  its recipe cannot be read
  Member(models::Model model, std::string name);

  const models::Model& model() const { return model_; }
  models::Network& network() const { return *model_.network; }
  const Contract& contract() const { return model_.contract; }
  const std::string& name() const { return name_; }
  /// Absent for a network that takes volumes as they come.
  const std::optional<prepare::Recipe>& recipe() const { return recipe_; }
  /// Whether the recipe wants the minimum where a prepared volume is padded further.
  bool minimum_outside() const { return recipe_ && recipe_->minimum_outside(); }

  /// The volume by the network's recipe, with its channels in its order.
  /// \throws DataError  channels or recipe do not fit (which, expected, found)
  Volume prepared(const Volume& volume) const;

  /// As above for networks that take subsets: only the channels in `available` (empty: those the
  /// volume has) reach the recipe and its mask; the network's other channels are images of 0 and
  /// not present. Other networks get all their channels. One warning line names channels that are
  /// missing unasked.
  /// \throws UsageError  `available` for a network that needs all of its channels
  /// \throws DataError   a channel in `available` that the volume lacks, no channel of the network
  Prepared prepared(const Volume& volume, const std::vector<std::string>& available) const;

  /// Maps [1, C, D, H, W] of a prepared volume on the grid of the volume it was made from;
  /// `outside` holds the value of voxels that were cut away, one per channel.
  /// \throws RunError  values that are not finite
  Image restored(const at::Tensor& maps, std::vector<std::string> names,
                 const std::vector<float>& outside, const Volume& prepared,
                 const Volume& volume) const;

  /// \throws DataError  the network makes channels
  void require_segmentation() const;

 private:
  Volume with_channels(const Volume& volume, const std::vector<std::string>& channels) const;
  std::vector<std::string> used_channels(const Volume& volume,
                                         const std::vector<std::string>& available) const;

  models::Model model_;
  std::string name_;
  std::optional<prepare::Recipe> recipe_;
};

/// The mean of members' maps on one grid: all count alike.
class MeanOfMembers {
 public:
  void add(Image one);
  Image take();  ///< divides by the number of images, if it is not one

 private:
  Image sum_;
  int64_t count_ = 0;
};

/// \throws DataError  members that do not give the same classes
void require_alike(const std::vector<Member>& members);

}  // namespace kdseg::infer
