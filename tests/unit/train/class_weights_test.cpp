// Class weights learnt from the training cases' voxels within the brain.
#include "train/class_weights.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace kdseg::train {
namespace {

data::CaseStore store_of(std::vector<uint8_t> label, std::vector<uint8_t> brain) {
  return {{"a", "b"},
          [=](int64_t) {
            Volume v;
            v.data.image.grid.size = {static_cast<int64_t>(label.size()), 1, 1};
            v.data.label = Labels{v.data.image.grid, label};
            v.data.brain = Labels{v.data.image.grid, brain};
            return v;
          },
          data::cache_budget("ram", 0)};
}

TEST(ClassWeights, AreBackgroundVoxelsPerClassVoxelWithinTheBrain) {
  // Per case within the brain: 4 background, 2 of class 1, 1 of class 2; two background outside.
  auto store = store_of({0, 0, 0, 0, 1, 1, 2, 0, 0}, {1, 1, 1, 1, 1, 1, 1, 0, 0});
  std::vector<Section> terms{
      {"term", "cross-entropy", "", {{"class-weights", "from-train", "a.ini:3"}}}};
  fill_class_weights(terms, store, 3, 1);
  EXPECT_EQ(terms[0].settings[0].value, "1 2 4");
}

TEST(ClassWeights, StatedOnesAreLeftAlone) {
  data::CaseStore store(
      {"a"}, [](int64_t) -> Volume { throw std::logic_error("read"); },
      data::cache_budget("ram", 0));
  std::vector<Section> terms{{"term", "cross-entropy", "", {{"class-weights", "1 5", ""}}}};
  fill_class_weights(terms, store, 2, 1);
  EXPECT_EQ(terms[0].settings[0].value, "1 5");
}

}  // namespace
}  // namespace kdseg::train
