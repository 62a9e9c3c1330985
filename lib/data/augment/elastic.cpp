#include "data/augment/elastic.h"

#include "voxels/smooth.h"

namespace kdseg::data {

std::vector<float> draw_displacement(const ElasticVariation& o, Random random,
                                     const std::array<int64_t, 3>& size) {
  if (o.probability <= 0 || random.uniform() >= o.probability) return {};
  const double alpha = random.uniform(o.least_alpha, o.greatest_alpha);
  const double sigma = random.uniform(o.least_sigma, o.greatest_sigma);
  const auto count = static_cast<size_t>(size[0] * size[1] * size[2]);
  std::array<double, 3> sigmas{};
  for (size_t a = 0; a < 3; ++a) sigmas[a] = size[a] > 1 ? sigma : 0;
  std::vector<float> all(3 * count, 0.0f), noise(count);
  for (size_t axis = 0; axis < 3; ++axis) {
    if (size[2 - axis] == 1) continue;
    for (size_t v = 0; v < count; ++v)
      noise[v] = static_cast<float>(static_cast<double>(random.words_at(v)[axis]) * 0x1p-31 - 1.0);
    const auto smooth = voxels::gaussian_smooth(size, noise, sigmas, 1, voxels::Border::zero);
    for (size_t v = 0; v < count; ++v)
      all[axis * count + v] = static_cast<float>(alpha) * smooth[v];
  }
  return all;
}

}  // namespace kdseg::data
