// A whole synthetic cohort on disk, laid out and named as BraTS 2018.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/claims.h"
#include "phantom/knobs.h"

namespace kdseg::phantom {

/// Raised whenever the same settings give other bytes.
inline constexpr int generator_version = 1;

struct CohortSettings {
  std::string anatomy = "brain";
  std::string size = "small";
  std::vector<int64_t> grid;  ///< x y z voxels; empty: as `size` says
  double spacing_mm = 0;      ///< 0: as `size` says
  int64_t cases = 16, unlabelled = 0;
  uint64_t seed = 0;
  std::string output_dir;
  std::string gates = "enforce";  ///< enforce, report, off
  std::string atlas_t1;           ///< empty: the analytic head
  std::vector<double> atlas_centers{41, 81, 106};
  std::vector<std::string> plant;
  Knobs knobs;
};

/// Writes {HGG,LGG}/Brats18_SYN01_NNNN_1/ with flair, t1, t1ce, t2 (int16) and seg, then
/// cohort.json: seed, knobs, generator version, gate values, SHA-256 of every file. Equal settings
/// give equal bytes, whatever the threads.
///
/// Each case appears whole or not at all. Until the cohort is complete, cohort.partial.json stands
/// for cohort.json; the same call then continues. The folder is claimed with `claims`.
/// \throws UsageError  settings out of range; a cohort is there already, or an unfinished one of
///                     other settings, and not `claims.force()`
/// \throws RunError    a binding gate failed (gates = enforce): no cohort.json is written
/// \throws Stopped     a signal came; the same call continues
void write_cohort(const CohortSettings& settings, int threads, Claims& claims);

}  // namespace kdseg::phantom
