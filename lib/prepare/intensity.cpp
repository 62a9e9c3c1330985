#include "prepare/intensity.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace kdseg::prepare {

Statistics masked_statistics(std::span<const float> values, std::span<const uint8_t> mask) {
  Statistics s;
  double sum = 0;
  for (size_t i = 0; i < values.size(); ++i)
    if (mask[i]) {
      sum += values[i];
      ++s.voxels;
    }
  if (s.voxels == 0) return s;
  s.mean = sum / static_cast<double>(s.voxels);
  double squares = 0;
  for (size_t i = 0; i < values.size(); ++i)
    if (mask[i]) squares += (values[i] - s.mean) * (values[i] - s.mean);
  s.deviation = std::sqrt(squares / static_cast<double>(s.voxels));
  return s;
}

Statistics nonzero_statistics(std::span<const float> values) {
  std::vector<uint8_t> mask(values.size());
  std::transform(values.begin(), values.end(), mask.begin(), [](float v) { return v != 0.0f; });
  return masked_statistics(values, mask);
}

void z_score_nonzero(std::span<float> values, const Statistics& s) {
  const double deviation = std::max(s.deviation, 1e-8);
  for (float& v : values)
    if (v != 0.0f) v = static_cast<float>((v - s.mean) / deviation);
}

void clip_rescale(std::span<float> values, const Statistics& s, double clip_sigma) {
  if (values.empty()) return;
  const double top = s.mean + clip_sigma * s.deviation;
  const double bottom = *std::min_element(values.begin(), values.end());
  for (float& v : values)
    v = static_cast<float>((std::min<double>(v, top) - bottom) / (top - bottom));
}

void z_score(std::span<float> values, const Statistics& s) {
  for (float& v : values) v = static_cast<float>((v - s.mean) / s.deviation);
}

void truncate_to_uint16(std::span<float> values) {
  // A cast would wrap values beyond 65535 to arbitrary small ones; they are kept at the limit.
  for (float& v : values) v = std::clamp(std::trunc(v), 0.0f, 65535.0f);
}

void zero_outside(std::span<float> values, std::span<const uint8_t> mask) {
  for (size_t i = 0; i < values.size(); ++i)
    if (!mask[i]) values[i] = 0.0f;
}

}  // namespace kdseg::prepare
