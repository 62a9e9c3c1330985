// The streams that settings name: where batches come from and what they are.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/augment/augment.h"
#include "data/items.h"
#include "train/settings.h"

namespace kdseg::train {

/// Keys of [stream.NAME].
std::span<const Parameter> stream_parameters();

struct Stream {
  std::string name;
  std::vector<std::string> where;     ///< conditions beside the run's
  std::vector<std::string> channels;  ///< empty: all of its volumes
  std::string recipe;                 ///< INI file; empty: the volumes' own, or the teacher's
  data::Unit unit = data::Unit::volume;
  std::vector<int64_t> patch;  ///< x y z (slices: x y) voxels; empty: whole
  int64_t batch = 1;
  data::LabelRule labels = data::LabelRule::required;
  std::optional<data::Augmentation> augment;
};

/// The [stream.NAME] sections, what they leave open as the run says; without any the one stream
/// `cases`.
/// \throws UsageError  a patch that does not fit the unit, an [augment.NAME] without its stream
std::vector<Stream> streams_of(const LearningSettings& settings);

/// The position of a stream that a setting names; the first where it names none.
/// \throws UsageError  no such stream (nearest named); `option` is the setting
size_t stream_named(const std::vector<Stream>& streams, const std::string& name,
                    const std::string& option);

}  // namespace kdseg::train
