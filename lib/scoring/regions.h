// The structures that are scored, and the label codes they are made of.
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/volume.h"

namespace kdseg::scoring {

/// Regions with the codes that label maps may hold.
struct RegionSet {
  std::vector<Region> regions;
  std::vector<int> codes;  ///< all codes allowed, background included; empty: see `open`
  /// Regions named on the command line say nothing about the other codes: those of the reference
  /// are then allowed in the prediction too.
  bool open = false;
  std::string origin;  ///< "preset brats", "--regions", "the files": for messages and summaries
};

const std::vector<std::string>& preset_names();

/// One preset name, or any number of NAME=CODE,CODE.
/// \throws UsageError  unknown preset (nearest named), malformed or repeated region, code 0
RegionSet parse_regions(std::span<const std::string> texts);

/// What a file says: its regions, or one per class where it names none.
RegionSet regions_of_classes(const ClassTable& classes, const std::vector<Region>& regions);

/// One region per code other than 0, named by it.
RegionSet regions_of_codes(std::vector<int> codes);

/// \throws DataError  a code of `prediction` or `reference` (those that occur) is not allowed
void check_codes(const RegionSet& set, std::span<const int> prediction,
                 std::span<const int> reference);

}  // namespace kdseg::scoring
