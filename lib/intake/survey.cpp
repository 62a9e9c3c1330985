#include "intake/survey.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

namespace kdseg::intake {
namespace {

constexpr size_t lanes = 16;  ///< counted apart from each other, so that loops become vectors

/// Takes a row. \return how many voxels other than 0 it has
int64_t take_row(std::span<const float> row, Survey& found) {
  std::array<float, lanes> low, high;
  std::array<int32_t, lanes> negative{}, set{};
  low.fill(found.low);
  high.fill(found.high);
  const size_t whole = row.size() - row.size() % lanes;
  for (size_t i = 0; i < whole; i += lanes)
    for (size_t k = 0; k < lanes; ++k) {
      const float v = row[i + k];
      low[k] = v < low[k] ? v : low[k];
      high[k] = v > high[k] ? v : high[k];
      negative[k] += v < 0;
      set[k] += v != 0;
    }
  for (const float v : row.subspan(whole)) {
    low[0] = std::min(low[0], v);
    high[0] = std::max(high[0], v);
    negative[0] += v < 0;
    set[0] += v != 0;
  }
  found.low = *std::min_element(low.begin(), low.end());
  found.high = *std::max_element(high.begin(), high.end());
  found.negative += std::accumulate(negative.begin(), negative.end(), int64_t{0});
  const int64_t count = std::accumulate(set.begin(), set.end(), int64_t{0});
  found.set += count;
  return count;
}

}  // namespace

Survey survey(const std::array<int64_t, 3>& size, std::span<const float> voxels) {
  Survey found;
  found.low = found.high = voxels.front();
  std::array<int64_t, 3> low = size, high{-1, -1, -1};
  const auto width = static_cast<size_t>(size[0]);
  const auto set = [](float v) { return v != 0; };
  size_t at = 0;
  for (int64_t z = 0; z < size[2]; ++z)
    for (int64_t y = 0; y < size[1]; ++y, at += width) {
      const auto row = voxels.subspan(at, width);
      if (take_row(row, found) == 0) continue;
      const auto first = std::find_if(row.begin(), row.end(), set) - row.begin();
      const auto last = row.rend() - std::find_if(row.rbegin(), row.rend(), set) - 1;
      low = {std::min<int64_t>(low[0], first), std::min(low[1], y), std::min(low[2], z)};
      high = {std::max<int64_t>(high[0], last), std::max(high[1], y), std::max(high[2], z)};
    }
  if (found.set > 0)
    found.content = Box{low, {high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1}};
  return found;
}

bool negative_background(const std::array<int64_t, 3>& n, std::span<const float> voxels,
                         const Survey& found) {
  if (found.low >= 0) return false;
  const auto zeros_in = [&voxels](size_t from, size_t count) {
    const auto part = voxels.subspan(from, count);
    return std::count(part.begin(), part.end(), 0.0f);
  };
  const auto width = static_cast<size_t>(n[0]);
  int64_t border = 0, zeros = 0;
  size_t at = 0;
  for (int64_t z = 0; z < n[2]; ++z)
    for (int64_t y = 0; y < n[1]; ++y, at += width) {
      if (z == 0 || z == n[2] - 1 || y == 0 || y == n[1] - 1) {
        border += n[0];
        zeros += zeros_in(at, width);
      } else {
        border += n[0] == 1 ? 1 : 2;
        zeros += zeros_in(at, 1) + (n[0] == 1 ? 0 : zeros_in(at + width - 1, 1));
      }
    }
  return 2 * zeros < border;
}

float exceeded_upper_value(std::span<const float> voxels, const Survey& found, float factor) {
  if (found.set == 0) return 0;
  const auto place = static_cast<int64_t>(0.995 * static_cast<double>(found.set - 1));
  // The value is exceeded that much if and only if more voxels than its place lie far enough below
  // the greatest one: counting them spares sorting in all but odd scans.
  const float bound = found.high / factor;
  int64_t below = 0;
  for (const float v : voxels) below += v != 0 && v < bound;
  if (place >= below) return 0;
  std::vector<float> set;
  set.reserve(static_cast<size_t>(below));
  std::copy_if(voxels.begin(), voxels.end(), std::back_inserter(set),
               [bound](float v) { return v != 0 && v < bound; });
  std::nth_element(set.begin(), set.begin() + place, set.end());
  const float upper = set[static_cast<size_t>(place)];
  return upper > 0 ? upper : 0;
}

}  // namespace kdseg::intake
