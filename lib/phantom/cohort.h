// A whole synthetic cohort on disk, laid out and named as a public data set.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/claims.h"
#include "phantom/brain/knobs.h"
#include "phantom/heart/knobs.h"

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
  std::vector<std::string> plant;
  std::string atlas_t1;  ///< brain; empty: the analytic head
  std::vector<double> atlas_centers{41, 81, 106};
  BrainKnobs brain;
  HeartKnobs heart;
};

/// The anatomies there are.
std::vector<std::string> anatomy_names();
/// "fault: meaning" of every anatomy, for help pages.
std::string describe_faults();

/// Writes the cases of an anatomy (brain: {HGG,LGG}/Brats18_SYN01_NNNN_1/ as BraTS 2018; heart:
/// {ct,mr}_train/ as MM-WHS 2017), then cohort.json: seed, knobs, generator version, gate values,
/// SHA-256 of every file. Equal settings give equal bytes, whatever the threads.
///
/// Each case appears whole or not at all. Until the cohort is complete, cohort.partial.json stands
/// for cohort.json; the same call then continues. The folder is claimed with `claims`.
/// \throws UsageError  settings out of range, or of another anatomy; a cohort is there already, or
///                     an unfinished one of other settings, and not `claims.force()`
/// \throws RunError    a binding gate failed (gates = enforce): no cohort.json is written
/// \throws Stopped     a signal came; the same call continues
void write_cohort(const CohortSettings& settings, int threads, Claims& claims);

}  // namespace kdseg::phantom
