// Compressed voxels of NRRD and MetaImage, whose libraries take what is there for the whole.
#pragma once
#include <cstdint>
#include <string>

namespace kdseg::image {

/// Where compressed voxels lie, and how many bytes they must unfold to.
struct Deflated {
  std::string file;
  uint64_t begin = 0, bytes = 0;
  double promised = 0;
};

/// Unfolds the stream (zlib or gzip) piece by piece and keeps nothing of it.
/// \throws DataError  it ends early, is damaged, its checksum is wrong, bytes follow behind it, or
///                    it holds fewer or clearly more bytes than the header promises; `path` is
///                    named
void require_whole(const std::string& path, const Deflated& voxels);

}  // namespace kdseg::image
