#include "infer/tiling.h"

#include <algorithm>
#include <cmath>

namespace kdseg::infer {

std::vector<int64_t> window_starts(int64_t length, int64_t window, double overlap) {
  if (length <= window) return {0};
  const auto shared = static_cast<int64_t>(std::ceil(overlap * static_cast<double>(window)));
  const int64_t step = std::max<int64_t>(1, window - shared);
  const int64_t last = length - window;
  const int64_t steps = (last + step - 1) / step;
  std::vector<int64_t> starts;
  for (int64_t i = 0; i <= steps; ++i) starts.push_back(last * i / steps);
  return starts;
}

std::vector<float> window_profile(int64_t window, WindowWeights weights, const WindowPlace& place) {
  std::vector<float> profile(static_cast<size_t>(window), 1.0f);
  if (weights == WindowWeights::plain) return profile;
  if (weights == WindowWeights::center) {
    const auto border = static_cast<int64_t>(place.overlap * static_cast<double>(window) / 2);
    if (place.start > 0) std::fill_n(profile.begin(), border, 0.0f);
    if (place.start + window < place.length) std::fill_n(profile.rbegin(), border, 0.0f);
    return profile;
  }
  const double center = 0.5 * static_cast<double>(window - 1);
  const double deviation = static_cast<double>(window) / 8;
  for (size_t i = 0; i < profile.size(); ++i) {
    const double z = (static_cast<double>(i) - center) / deviation;
    profile[i] = static_cast<float>(std::exp(-0.5 * z * z));
  }
  const float largest = *std::max_element(profile.begin(), profile.end());
  for (float& value : profile) value /= largest;
  return profile;
}

int64_t padded_length(int64_t length, int64_t multiple, int64_t minimum) {
  return (std::max(length, minimum) + multiple - 1) / multiple * multiple;
}

}  // namespace kdseg::infer
