// The template for own data: what CT and ADC values mean survives it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "prepare/recipe.h"
#include "unit/folder.h"
#include "unit/prepare/volumes.h"

namespace kdseg::prepare {
namespace {

using test::Voxel;
using testing::ElementsAre;

/// A CT and an ADC map of 20x18x9 voxels: -1000 to 1400 HU, 0.0002 to 0.003 mm2/s.
Volume ct_and_adc(int64_t x = 20) {
  return test::source_volume(test::brats_grid({x, 18, 9}), {{0, 0, 0}, {x, 18, 9}}, {"ct", "adc"},
                             [](size_t c, const Voxel& v) -> float {
                               const int64_t i = (v[2] * 18 + v[1]) * 20 + v[0];
                               if (c == 0)
                                 return v[0] < 5 ? -1000.0f
                                                 : static_cast<float>(-200 + i % 1601) + 0.25f;
                               return 2e-4f + 2.8e-3f * static_cast<float>(i % 97) / 96;
                             });
}

Recipe fitted() {
  const std::string text = test::slurp(std::string(KDSEG_CONFIG) + "/templates/recipe.ini");
  return Recipe::fit(parse_recipe(text, "recipe.ini"), 2,
                     [](int64_t i) { return ct_and_adc(i == 0 ? 20 : 33); });
}

TEST(OwnScans, EveryValueIsItsZScore) {
  const Volume volume = ct_and_adc();
  const Volume prepared = fitted().apply(volume);
  const Grid& grid = prepared.data.image.grid;
  EXPECT_THAT(grid.size, ElementsAre(48, 32, 16));  // 33x18x9, each side to a multiple of 16
  EXPECT_EQ(grid.direction, volume.data.image.grid.direction);
  const int64_t n = volume.data.image.grid.voxel_count();
  for (size_t c = 0; c < 2; ++c) {
    const float* raw = volume.data.image.channel(c);
    double mean = 0, square = 0;
    for (int64_t i = 0; i < n; ++i) mean += raw[i] / static_cast<double>(n);
    for (int64_t i = 0; i < n; ++i) square += std::pow(raw[i] - mean, 2) / static_cast<double>(n);
    const double deviation = std::sqrt(square);
    std::set<float> values, raws;
    for (int64_t z = 0; z < 9; ++z)
      for (int64_t y = 0; y < 18; ++y)
        for (int64_t x = 0; x < 20; ++x) {
          // Padded on both sides: 28, 14 and 7 voxels, half of them (rounded down) in front.
          const float found =
              prepared.data.image.channel(c)[test::flat(grid, {x + 14, y + 7, z + 3})];
          const float value = raw[(z * 18 + y) * 20 + x];
          ASSERT_NEAR(found, (value - mean) / deviation, 1e-4);
          values.insert(found);
          raws.insert(value);
        }
    EXPECT_EQ(values.size(), raws.size()) << "values that differed are equal now";
  }
}

TEST(OwnScans, AirIsTheDarkestOfCT) {
  const Image image = fitted().apply(ct_and_adc()).data.image;
  const float air = image.voxels[test::flat(image.grid, {14, 7, 3})];
  for (int64_t i = 0; i < image.grid.voxel_count(); ++i) ASSERT_GE(image.voxels[i], air);
  EXPECT_LT(air, -1);
}

}  // namespace
}  // namespace kdseg::prepare
