// NIfTI: the whole file against its header alone, the plain file against the compressed one, and
// our reading against that of the library that writes our files.
#include <nifti1_io.h>
#include <zlib.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <vector>

#include "fuzz/fuzz.h"
#include "image/nifti_header.h"
#include "image/scan.h"

using namespace kdseg;

namespace {

struct Stored {
  image::NiftiHeader header;
  std::vector<std::byte> voxels;
};

bool read(const std::string& path, Stored& stored) {
  return fuzz::taken([&] {
    stored.header = image::read_nifti_header(path);
    stored.voxels = image::read_nifti_voxels(path, stored.header);
  });
}

void compressed_reads_alike(const Stored& plain, const uint8_t* data, size_t size) {
  if (size < 2 || (data[0] == 0x1f && data[1] == 0x8b)) return;
  const fuzz::File folded("folded.nii.gz", nullptr, 0);
  const gzFile file = gzopen(folded.path().c_str(), "wb1");
  fuzz::require(file && gzwrite(file, data, static_cast<unsigned>(size)) > 0 &&
                gzclose(file) == Z_OK);
  Stored other;
  fuzz::require(read(folded.path(), other));
  fuzz::require(other.header.size == plain.header.size && other.voxels == plain.voxels);
}

/// The library turns voxels that are no numbers into 0.
bool is_finite(const std::byte* voxel, image::Component component) {
  if (component == image::Component::float32) {
    float value;
    std::memcpy(&value, voxel, sizeof value);
    return std::isfinite(value);
  }
  if (component != image::Component::float64) return true;
  double value;
  std::memcpy(&value, voxel, sizeof value);
  return std::isfinite(value);
}

void library_reads_alike(const std::string& path, const Stored& ours) {
  nifti_set_debug_level(0);
  const std::unique_ptr<nifti_image, void (*)(nifti_image*)> theirs(
      nifti_image_read(path.c_str(), 1), nifti_image_free);
  if (!theirs || !theirs->data) return;  // it knows no NIfTI-2, and names decide what it unfolds
  const auto& size = ours.header.size;
  fuzz::require(theirs->nx == size[0] && theirs->ny == size[1] && theirs->nz == size[2]);
  fuzz::require(theirs->nvox * static_cast<size_t>(theirs->nbyper) == ours.voxels.size());
  const auto unit = static_cast<size_t>(theirs->nbyper);
  const auto* data = static_cast<const std::byte*>(theirs->data);
  for (size_t at = 0; at < ours.voxels.size(); at += unit)
    if (is_finite(ours.voxels.data() + at, ours.header.component))
      fuzz::require(std::memcmp(ours.voxels.data() + at, data + at, unit) == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fuzz::File file(KDSEG_FUZZ_NAME, data, size);
  fuzz::taken([&] {
    const auto scan = image::read_scan(file.path());
    fuzz::require(scan.image.voxels.size() == static_cast<size_t>(scan.image.grid.voxel_count()));
    fuzz::require(same_grid(image::read_grid(file.path()), scan.image.grid));
  });
  Stored stored;
  if (!read(file.path(), stored)) return 0;
  compressed_reads_alike(stored, data, size);
  library_reads_alike(file.path(), stored);
  return 0;
}
