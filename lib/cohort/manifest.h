// data-manifest/<dataset>.yaml: layout, codes, known faults and terms of a public data set.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/volume.h"

namespace kdseg::cohort {

/// A table inside the data set that tells the stratum of each case (name_mapping.csv).
struct StratumTable {
  std::string file, case_column, stratum_column;  ///< empty file: none
};

struct Manifest {
  std::string id, title, release, access, doi, licence, terms_url;
  std::vector<std::string> root_patterns;  ///< regular expressions on the name of the data's folder
  std::vector<std::string> citations, known_faults, url, mirrors, overlaps_with;
  std::string case_pattern;  ///< regular expression on the case folder's path below the root; group
                             ///< 1: stratum where present
  /// Where the cases lie side by side: per channel, or "label", a regular expression on a file's
  /// path below the root without its ending; group 1: the case. Instead of case_pattern.
  std::vector<std::pair<std::string, std::string>> case_files;
  /// Where each structure has a mask of its own: code and file in the case's folder, without its
  /// ending. Instead of label_suffixes.
  std::vector<std::pair<int, std::string>> label_masks;
  std::string patient_pattern;  ///< on the case id; group 1: the patient; empty: one case each
  StratumTable stratum_table;
  std::vector<std::pair<std::string, std::vector<std::string>>>
      modalities;  ///< canonical name, suffixes
  std::vector<std::string> label_suffixes;
  ClassTable classes;
  std::vector<Region> regions;
  std::vector<std::pair<int, int>> code_aliases;
  std::map<std::string, int64_t> expected_cases;  ///< "train", or "train/HGG" for a stratum of it
  std::string header_authority;          ///< channel whose header is trusted where headers differ
  std::array<int64_t, 3> size{0, 0, 0};  ///< voxels of every scan; 0: differs
};

/// \throws DataError  missing file, unknown key (nearest named), missing field, wrong type; the
///                    message names file and line
Manifest read_manifest(const std::string& path);

struct FoundCase {
  std::string id, stratum;
  std::vector<std::pair<int, std::string>> masks;           ///< code and path; `label` is the first
  std::string patient;                                      ///< equal for cases of one patient
  std::vector<std::pair<std::string, std::string>> images;  ///< channel, path
  std::string label;                                        ///< empty: none
  std::vector<std::string> missing;  ///< channels without a file, where these are allowed
  std::vector<std::string> fix_ups;  ///< e.g. "segmentation taken from W39_..._Segm.nii"
  std::string rejected;              ///< reason; empty: accepted
};

/// Cases below `root` (doubled folders, .nii for .nii.gz, changed prefix case accepted), sorted by
/// id. A case without its segmentation file takes the only other NIfTI file there, if it is the
/// only one. A case that lacks a channel is rejected, or with `allow_missing` listed with those it
/// has. \throws DataError  no such folder, no case found (states the pattern and an example of what
/// was there)
std::vector<FoundCase> find_cases(const Manifest& manifest, const std::string& root,
                                  bool allow_missing = false);

/// What is unlike the release: "334 cases found, BraTS 2019 has train 335, val 125, test 166".
/// Partial copies are common, so these are for warnings.
std::vector<std::string> count_faults(const Manifest& manifest, std::span<const FoundCase> cases);

}  // namespace kdseg::cohort
