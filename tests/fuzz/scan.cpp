// Scans of the format that KDSEG_FUZZ_NAME ends with: header alone and whole file give the same
// grid.
#include "image/scan.h"

#include "fuzz/fuzz.h"

using namespace kdseg;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fuzz::File file(KDSEG_FUZZ_NAME, data, size);
  fuzz::taken([&] {
    const auto scan = image::read_scan(file.path());
    fuzz::require(scan.image.voxels.size() == static_cast<size_t>(scan.image.grid.voxel_count()));
    fuzz::require(same_grid(image::read_grid(file.path()), scan.image.grid));
  });
  return 0;
}
