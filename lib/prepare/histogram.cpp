#include "prepare/histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/errors.h"
#include "base/text.h"
#include "voxels/components.h"
#include "voxels/morphology.h"

namespace kdseg::prepare {
namespace {

constexpr Landmarks percent{0.1, 10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90, 99.9};
/// The landmarks between which intensities are mapped: all but 25 and 75 %.
constexpr std::array<size_t, 11> used{0, 1, 2, 4, 5, 6, 7, 8, 10, 11, 12};

}  // namespace

const LandmarkTable& published_landmarks() {
  static const LandmarkTable table{
      {"t1",
       {0, 29.567295, 46.963665, 51.46228, 54.814796, 59.724537, 63.607014, 67.198555, 70.844765,
        72.750015, 74.704384, 79.08507, 100}},
      {"t1ce",
       {0, 18.623861, 31.1369, 33.746063, 35.604713, 38.38648, 40.679466, 42.840008, 44.997036,
        46.112373, 47.292706, 50.285065, 100}},
      {"t2",
       {0, 20.626154, 26.824974, 28.08165, 29.186394, 31.342985, 33.70432, 36.45566, 39.93386,
        42.244335, 45.29694, 56.169777, 100}},
      {"flair",
       {0, 15.476687, 32.21012, 35.765633, 38.026333, 40.970592, 43.22647, 45.37804, 47.771545,
        49.20127, 50.96312, 57.086826, 100}}};
  return table;
}

LandmarkTable parse_landmarks(const std::string& text) {
  const auto items = split_list(text);
  constexpr size_t stride = 1 + std::tuple_size_v<Landmarks>;
  LandmarkTable table;
  for (size_t i = 0; i < items.size(); i += stride) {
    Landmarks values{};
    for (size_t k = 0; k < values.size(); ++k) {
      const auto number =
          i + 1 + k < items.size() ? parse_number(items[i + 1 + k]) : std::optional<double>();
      if (!number || (k > 0 && *number < values[k - 1]))
        throw UsageError(
            "recipe: landmarks of '{}', value {}: '{}', expected a channel and 13 rising numbers "
            "each, published or from-train",
            items[i], k + 1, i + 1 + k < items.size() ? items[i + 1 + k] : "nothing");
      values[k] = *number;
    }
    if (!table.emplace(items[i], values).second)
      throw UsageError("recipe: landmarks of '{}' twice, expected each channel once", items[i]);
  }
  return table;
}

std::string landmarks_text(const LandmarkTable& table) {
  std::vector<std::string> items;
  for (const auto& [channel, values] : table) {
    items.push_back(channel);
    for (const double value : values) items.push_back(exact(value));
  }
  return join(items, " ");
}

std::vector<uint8_t> foreground(const std::array<int64_t, 3>& size, std::span<const float> values) {
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) /
                      std::max(1.0, static_cast<double>(values.size()));
  std::vector<uint8_t> bright(values.size());
  for (size_t i = 0; i < values.size(); ++i) bright[i] = values[i] > mean;
  return voxels::fill_holes(size, voxels::dilate(size, bright, voxels::Neighbors::faces, 2));
}

std::optional<Landmarks> percentiles(std::span<const float> values, std::span<const uint8_t> mask) {
  std::vector<float> inside;
  for (size_t i = 0; i < values.size(); ++i)
    if (mask[i]) inside.push_back(values[i]);
  if (inside.empty()) return std::nullopt;
  std::sort(inside.begin(), inside.end());
  Landmarks found{};
  for (size_t k = 0; k < found.size(); ++k) {
    const double rank = percent[k] / 100 * static_cast<double>(inside.size() - 1);
    const auto below = static_cast<size_t>(rank);
    const size_t above = std::min(below + 1, inside.size() - 1);
    const double low = inside[below], high = inside[above];
    found[k] = low + (rank - static_cast<double>(below)) * (high - low);
  }
  return found;
}

Landmarks on_common_scale(const Landmarks& measured) {
  Landmarks scaled{};
  for (size_t k = 0; k < scaled.size(); ++k)
    scaled[k] = 100 * (measured[k] - measured.front()) / (measured.back() - measured.front());
  return scaled;
}

void standardize(std::span<float> values, const Landmarks& measured, const Landmarks& wanted) {
  constexpr size_t pieces = used.size() - 1;
  std::array<double, pieces> slope{}, start{};
  std::array<double, pieces - 1> inner{};  // where one piece gives way to the next
  for (size_t p = 0; p < pieces; ++p) {
    const double from = measured[used[p]], to = measured[used[p + 1]];
    if (to > from) slope[p] = (wanted[used[p + 1]] - wanted[used[p]]) / (to - from);
    start[p] = wanted[used[p]] - slope[p] * from;
    if (p > 0) inner[p - 1] = from;
  }
  for (float& value : values) {
    const auto piece = static_cast<size_t>(
        std::upper_bound(inner.begin(), inner.end(), static_cast<double>(value)) - inner.begin());
    value = static_cast<float>(slope[piece] * value + start[piece]);
  }
}

}  // namespace kdseg::prepare
