// data-manifest/<dataset>.yaml: layout, codes, known faults and terms of a public data set.
#pragma once
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/volume.h"

namespace kdseg::cohort {

struct Manifest {
  std::string id, title, release, access, licence, terms_url;
  std::vector<std::string> root_patterns, citations, known_faults, url, overlaps_with;
  std::string case_pattern;  ///< regular expression on the case folder's path below the root; group
                             ///< 1: stratum where present
  std::vector<std::pair<std::string, std::vector<std::string>>>
      modalities;  ///< canonical name, suffixes
  std::vector<std::string> label_suffixes;
  ClassTable classes;
  std::vector<Region> regions;
  std::vector<std::pair<int, int>> code_aliases;
  std::map<std::string, int64_t> expected_cases;
  std::string header_authority;  ///< channel whose header is trusted where headers differ
};

/// \throws DataError  missing file, unknown key (nearest named), missing field
Manifest read_manifest(const std::string& path);

struct FoundCase {
  std::string id, stratum;
  std::vector<std::pair<std::string, std::string>> images;  ///< channel, path
  std::string label;
  std::vector<std::string> fix_ups;  ///< e.g. "segmentation taken from W39_..._Segm.nii"
  std::string rejected;              ///< reason; empty: accepted
};

/// Cases below `root` (doubled folders, .nii for .nii.gz, changed prefix case accepted), sorted by
/// id. \throws DataError  no case found (states the pattern and an example of what was there)
std::vector<FoundCase> find_cases(const Manifest& manifest, const std::string& root);

}  // namespace kdseg::cohort
