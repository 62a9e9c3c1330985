// Descriptions of data sets, and their patterns on a path.
#include "cohort/manifest.h"

#include "cohort/pattern.h"
#include "fuzz/fuzz.h"

using namespace kdseg;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fuzz::File file("x.yaml", data, size);
  fuzz::taken([&] {
    const auto manifest = cohort::read_manifest(file.path());
    const cohort::Pattern pattern(manifest.case_pattern, cohort::Pattern::Letters::either_case,
                                  cohort::Pattern::Place::behind_folders);
    pattern.matches(std::string(60, 'a') + "/Brats18_TCIA01_147_1");
  });
  return 0;
}
