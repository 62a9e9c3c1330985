// What one pass over a scan finds, against the plain words of what it is: sorting, counting.
#include "intake/survey.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/random.h"

namespace kdseg::intake {
namespace {

TEST(Survey, CountsExtremaAndContentAreThoseOfTheVoxels) {
  Random random(1, 0, "survey");
  for (int round = 0; round < 200; ++round) {
    std::array<int64_t, 3> n{};
    for (auto& side : n) side = 1 + static_cast<int64_t>(random.below(40));
    std::vector<float> voxels(static_cast<size_t>(n[0] * n[1] * n[2]));
    // Few voxels are set, so that the box is smaller than the array.
    for (uint64_t k = random.below(6); k > 0; --k)
      voxels[random.below(voxels.size())] = static_cast<float>(random.normal());
    const Survey found = survey(n, voxels);
    EXPECT_EQ(found.low, *std::min_element(voxels.begin(), voxels.end()));
    EXPECT_EQ(found.high, *std::max_element(voxels.begin(), voxels.end()));
    EXPECT_EQ(found.negative,
              std::count_if(voxels.begin(), voxels.end(), [](float v) { return v < 0; }));
    EXPECT_EQ(found.set,
              std::count_if(voxels.begin(), voxels.end(), [](float v) { return v != 0; }));
    std::array<int64_t, 3> first = n, last{-1, -1, -1};
    for (int64_t i = 0; i < static_cast<int64_t>(voxels.size()); ++i) {
      if (voxels[static_cast<size_t>(i)] == 0) continue;
      const std::array<int64_t, 3> at{i % n[0], i / n[0] % n[1], i / n[0] / n[1]};
      for (size_t a = 0; a < 3; ++a) {
        first[a] = std::min(first[a], at[a]);
        last[a] = std::max(last[a], at[a]);
      }
    }
    Box content;
    if (last[0] >= 0)
      content = {first, {last[0] - first[0] + 1, last[1] - first[1] + 1, last[2] - first[2] + 1}};
    EXPECT_EQ(found.content, content);
  }
}

TEST(Survey, TheUpperValueIsThatOfTheSortedVoxels) {
  Random random(2, 0, "upper");
  int told = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<float> voxels(2000);
    for (float& v : voxels)
      if (random.below(3) > 0) v = static_cast<float>(random.below(100)) - 5.0f;
    // Around the half percent of voxels that may be bright.
    for (uint64_t k = random.below(14); k > 0; --k)
      voxels[random.below(voxels.size())] = static_cast<float>(390 + random.below(20));
    std::vector<float> set;
    std::copy_if(voxels.begin(), voxels.end(), std::back_inserter(set),
                 [](float v) { return v != 0; });
    std::sort(set.begin(), set.end());
    const float upper = set[static_cast<size_t>(0.995 * static_cast<double>(set.size() - 1))];
    const bool exceeded = set.back() > 4 * upper;
    told += exceeded;
    const float found = exceeded_upper_value(voxels, survey({20, 10, 10}, voxels), 4);
    EXPECT_EQ(found, exceeded ? upper : 0) << "highest " << set.back();
  }
  EXPECT_GT(told, 30);
  EXPECT_LT(told, 270);
  const std::vector<float> below(8, -3.0f), zero(8);
  EXPECT_EQ(exceeded_upper_value(below, survey({2, 2, 2}, below), 4), 0);
  EXPECT_EQ(exceeded_upper_value(zero, survey({2, 2, 2}, zero), 4), 0);
}

}  // namespace
}  // namespace kdseg::intake
