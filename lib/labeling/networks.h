// The networks that predict: those of every checkpoint that a program is given.
#pragma once
#include <string>
#include <vector>

#include "infer/member.h"
#include "labeling/settings.h"

namespace kdseg::labeling {

/// One entry per network in each list.
struct Networks {
  std::vector<infer::Member> members;  ///< all count alike, whichever file they are from
  std::vector<std::string> file_ids;   ///< content_sha256 of its checkpoint
  std::vector<std::string> names;      ///< its name in that file; "" where it has none
};

/// The networks that the settings name, with the window of the settings in place of their own.
/// \throws UsageError  a name that a file lacks (see io::candidate_of), a window that does not fit
/// \throws DataError   as models::load_candidate()
Networks load_networks(const LabelSettings& settings, at::Device device);

/// Whether the networks make channels rather than segmentations.
bool make_channels(const Networks& networks);

/// What any network takes as input or its recipe looks at.
std::vector<std::string> useful_channels(const Networks& networks);

/// Parameters, channels, classes, tiling, and work and memory of one pass for each network: the
/// text of --describe.
std::string describe_networks(const Networks& networks, at::Device device);

}  // namespace kdseg::labeling
