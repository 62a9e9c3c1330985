#include "data/augment/intensity.h"

#include <algorithm>
#include <cmath>

namespace kdseg::data {
namespace {

void raise(float* image, int64_t voxels, bool everywhere, double gamma) {
  float least = INFINITY, greatest = -INFINITY;
  for (int64_t v = 0; v < voxels; ++v) {
    if (!everywhere && image[v] == 0) continue;
    least = std::min(least, image[v]);
    greatest = std::max(greatest, image[v]);
  }
  const float range = greatest - least;
  if (!(range > 0)) return;  // nothing there, or all alike
  const auto exponent = static_cast<float>(gamma);
  for (int64_t v = 0; v < voxels; ++v)
    if (everywhere || image[v] != 0)
      image[v] = std::pow((image[v] - least) / range, exponent) * range + least;
}

}  // namespace

void vary_intensities(const IntensityVariation& o, const Draws& draws, bool everywhere,
                      int64_t channels, int64_t voxels, float* image) {
  const auto each = [&](const char* operation, const auto& work) {
    Random random = draws(operation);
    for (int64_t c = 0; c < channels; ++c) work(random, image + c * voxels);
  };
  const auto changed = [&](float* channel, float factor, float summand) {
    for (int64_t v = 0; v < voxels; ++v)
      if (everywhere || channel[v] != 0) channel[v] = channel[v] * factor + summand;
  };
  if (o.contrast > 0)
    each("contrast", [&](Random& random, float* channel) {
      changed(channel, static_cast<float>(random.uniform(1 - o.contrast, 1 + o.contrast)), 0);
    });
  if (o.shift > 0)
    each("shift", [&](Random& random, float* channel) {
      changed(channel, 1, static_cast<float>(random.uniform(-o.shift, o.shift)));
    });
  if (o.least_gamma < 1 || o.greatest_gamma > 1)
    each("gamma", [&](Random& random, float* channel) {
      raise(channel, voxels, everywhere, random.uniform(o.least_gamma, o.greatest_gamma));
    });
  if (o.channel_dropout > 0)
    for (int64_t c = 0; c < channels; ++c) {
      Random random = draws("channel-dropout/" + std::to_string(c));
      if (random.uniform() >= o.channel_dropout) continue;
      for (int64_t v = 0; v < voxels; ++v)
        image[c * voxels + v] = static_cast<float>(random.normal_at(static_cast<uint64_t>(v)));
    }
}

}  // namespace kdseg::data
