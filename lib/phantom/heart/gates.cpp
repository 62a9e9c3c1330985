#include "phantom/heart/gates.h"

#include <algorithm>
#include <cctype>
#include <limits>

namespace kdseg::phantom {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

HeartStatistics heart_statistics(const std::vector<int16_t>& scan,
                                 const std::vector<uint8_t>& structure, double voxel_volume_ml,
                                 bool looks_like_ct) {
  std::array<double, structures> voxels{}, sum{};
  for (size_t i = 0; i < structure.size(); ++i) {
    ++voxels[structure[i]];
    sum[structure[i]] += scan[i];
  }
  HeartStatistics s;
  s.looks_like_ct = looks_like_ct;
  for (size_t k = 0; k < structures; ++k) s.volume_ml[k] = voxels[k] * voxel_volume_ml;
  s.blood = voxels[lv] > 0 ? sum[lv] / voxels[lv] : 0;
  s.muscle = voxels[myo] > 0 ? sum[myo] / voxels[myo] : 0;
  return s;
}

const std::array<std::array<double, 2>, structures>& mmwhs_volumes_ml() {
  static const std::array<std::array<double, 2>, structures> volumes{
      {{0, 0}, {69, 183}, {28, 130}, {30, 150}, {33, 133}, {61, 195}, {29, 118}, {29, 103}}};
  return volumes;
}

std::vector<Gate> heart_gates(const std::vector<HeartStatistics>& cases, const HeartKnobs& knobs,
                              bool natural_size) {
  const bool shapes = natural_size && at_default(knobs, HeartGroup::anatomy);
  const bool images =
      shapes && at_default(knobs, HeartGroup::ct) && at_default(knobs, HeartGroup::mr);
  std::vector<Gate> gates;
  for (size_t k = myo; k < structures; ++k) {
    double least = infinity, greatest = -infinity;
    for (const auto& c : cases) {
      least = std::min(least, c.volume_ml[k]);
      greatest = std::max(greatest, c.volume_ml[k]);
    }
    const auto [low, high] = mmwhs_volumes_ml()[k];
    const std::string name = structure_names[k];
    gates.push_back({"least-ml-" + lower(name), "smallest " + name + " of all cases, ml", least,
                     0.7 * low, infinity, shapes});
    gates.push_back({"greatest-ml-" + lower(name), "largest " + name + " of all cases, ml",
                     greatest, -infinity, 1.4 * high, shapes});
  }
  std::vector<double> difference, ratio;
  for (const auto& c : cases)
    if (c.looks_like_ct)
      difference.push_back(c.blood - c.muscle);
    else if (c.muscle > 0)
      ratio.push_back(c.blood / c.muscle);
  if (!difference.empty())
    gates.push_back({"ct-blood-minus-myocardium",
                     "median over the CT cases of left ventricle minus myocardium, HU",
                     median(difference), 115, 500, images && difference.size() >= 8});
  if (!ratio.empty())
    gates.push_back({"mr-blood-to-myocardium",
                     "median over the MR cases of left ventricle to myocardium, no unit",
                     median(ratio), 2.2, 4.5, images && ratio.size() >= 8});
  return gates;
}

}  // namespace kdseg::phantom
