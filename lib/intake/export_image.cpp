#include "intake/export_image.h"

#include <algorithm>
#include <vector>

#include "base/errors.h"
#include "image/scan.h"
#include "voxels/chain.h"

namespace kdseg::intake {
namespace {

Image restored(const Volume& volume) {
  const Image& made = volume.data.image;
  std::vector<float> least;
  for (size_t c = 0; c < made.channels.size(); ++c)
    least.push_back(*std::min_element(made.channel(c), made.channel(c) + made.grid.voxel_count()));
  try {
    return voxels::restore(volume.chain, made, least);
  } catch (const DataError& error) {
    throw DataError("case {}: {}", volume.data.id, error.what());
  }
}

}  // namespace

void write_image_scan(const std::string& path, const Volume& volume) {
  const Image image = restored(volume);
  if (image.channels.size() == 1)
    image::write_scan(path, image.grid, image.voxels.data(),
                      {.component = "float32", .description = "kdseg: image"});
  else
    image::write_channels(path, image, "kdseg: images");
}

}  // namespace kdseg::intake
