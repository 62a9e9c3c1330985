#include "phantom/faults.h"

#include <algorithm>

#include "base/errors.h"
#include "base/text.h"

namespace kdseg::phantom {

const std::vector<FaultKind>& fault_kinds() {
  static const std::vector<FaultKind> kinds{
      {"odd-seg-name", "the segmentation is called W39_1998.09.19_Segm.nii", false},
      {"two-seg-candidates", "no file ends in _seg and two others could be it", false},
      {"plain-nii", "all files of the case are .nii, not .nii.gz", false},
      {"prefix-case", "the case and its files start with BraTS18 instead of Brats18", false},
      {"header-mismatch", "FLAIR has its x and y axes reversed in the header only", false},
      {"negative-voxels", "about 0.2 % of the brain's voxels are negative on T1", false},
      {"extreme-maximum", "one voxel of T1ce has the intensity 15462", false},
      {"blurred-sequence", "T2 was acquired with slices several voxels thick", false},
      {"missing-et", "no voxel enhances", false},
      {"double-folder", "the cohort lies in a folder inside a folder of the same name", true},
  };
  return kinds;
}

std::string describe_faults() {
  std::string text;
  for (const auto& kind : fault_kinds())
    text += (text.empty() ? "" : "; ") + std::string(kind.name) + ": " + kind.meaning;
  return text;
}

bool Plants::has(int64_t index, const std::string& fault) const {
  const auto found = by_case.find(index);
  return found != by_case.end() &&
         std::find(found->second.begin(), found->second.end(), fault) != found->second.end();
}

bool Plants::cohort_has(const std::string& fault) const {
  return std::find(cohort.begin(), cohort.end(), fault) != cohort.end();
}

Plants parse_plants(const std::vector<std::string>& entries, int64_t cases) {
  std::vector<std::string> names;
  for (const auto& kind : fault_kinds()) names.emplace_back(kind.name);
  Plants plants;
  int64_t next = 0;
  for (const auto& entry : entries) {
    const size_t equals = entry.find('=');
    const std::string name = entry.substr(0, equals);
    const auto kind = std::find_if(fault_kinds().begin(), fault_kinds().end(),
                                   [&](const FaultKind& k) { return k.name == name; });
    if (kind == fault_kinds().end())
      throw UsageError("plant: unknown fault '{}'{}", name, did_you_mean(name, names));
    if (kind->of_cohort) {
      if (equals != std::string::npos)
        throw UsageError("plant: {} concerns the whole cohort and takes no case number", name);
      plants.cohort.push_back(name);
      continue;
    }
    int64_t index = next++ % cases;
    if (equals != std::string::npos) {
      const auto number = parse_integer(entry.substr(equals + 1));
      if (!number || *number < 1 || *number > cases)
        throw UsageError("plant: '{}' does not name a case from 1 to {}", entry, cases);
      index = *number - 1;
    }
    plants.by_case[index].push_back(name);
  }
  return plants;
}

}  // namespace kdseg::phantom
