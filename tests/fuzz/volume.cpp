// HDF5 volumes, sealed or of other programs: header alone and whole file agree, and so does what is
// written with a seal, which is read in the program itself instead of in a child.
#include "io/volume_file.h"

#include "fuzz/fuzz.h"
#include "io/seal.h"

using namespace kdseg;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const fuzz::File file("x.h5", data, size);
  Volume volume;
  if (!fuzz::taken([&] { volume = io::read_volume(file.path()); })) return 0;
  const auto header = io::read_volume_header(file.path());
  fuzz::require(volume.data.image.channels == header.data.image.channels &&
                same_grid(volume.data.image.grid, header.data.image.grid));
  const auto tree = io::read_tree(file.path(), "volume");
  if (io::check_seal(file.path())) {
    const fuzz::File bare("bare.h5", data, size - io::seal_bytes);
    fuzz::require(io::content_sha256(io::read_tree(bare.path(), "volume")) ==
                  io::content_sha256(tree));
  } else {
    const fuzz::File sealed("sealed.h5", nullptr, 0);
    const auto id = io::write_tree(sealed.path(), tree, "volume", {}, {.force = true});
    fuzz::require(io::check_seal(sealed.path()) && id == io::content_sha256(tree));
    fuzz::require(io::content_sha256(io::read_tree(sealed.path(), "volume")) == id);
  }
  return 0;
}
