// Labels mended after decoding. Rules: model distillation's spec of Lachinov et al. 2018: ET of at
// most 32 voxels becomes NCR; components under a tenth of the foreground go.
#include "infer/postprocess.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base/errors.h"

namespace {
using namespace kdseg;
using infer::Postprocessing;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const ClassTable classes{{"background", "NCR", "ED", "ET"}, {0, 1, 2, 4}};
const std::vector<Region> regions{{"WT", {1, 2, 4}}, {"TC", {1, 4}}, {"ET", {4}}};

/// 10 cubed: `et` voxels of ET in a row, a block of ED of 200 voxels, an NCR speck of `speck`
/// voxels far from it that touches itself by corners alone.
Labels labels(int64_t et, int64_t speck) {
  Labels label;
  label.grid.size = {10, 10, 10};
  label.voxels.assign(1000, 0);
  std::fill_n(label.voxels.begin(), 200, 2);
  std::fill_n(label.voxels.begin(), et, 3);
  for (int64_t i = 0; i < speck; ++i) label.voxels[static_cast<size_t>(999 - i * 111)] = 1;
  return label;
}

int64_t count(const Labels& label, uint8_t c) {
  return std::count(label.voxels.begin(), label.voxels.end(), c);
}

TEST(Postprocess, ASmallRegionBecomesAnotherClass) {
  const Postprocessing rules{{infer::parse_least_region("ET=33:NCR")}, 0};
  for (const int64_t et : {1, 32, 33}) {
    Labels label = labels(et, 0);
    infer::postprocess(label, classes, regions, rules);
    EXPECT_EQ(count(label, 3), et == 33 ? 33 : 0) << et;
    EXPECT_EQ(count(label, 1), et == 33 ? 0 : et) << et;
    EXPECT_EQ(count(label, 2), 200 - et);
  }
}

TEST(Postprocess, ARegionOfSeveralClassesGoesAsAWhole) {
  Labels label = labels(5, 3);
  infer::postprocess(label, classes, regions, {{infer::parse_least_region("TC = 9")}, 0});
  EXPECT_EQ(count(label, 0), 1000 - 195);
  label = labels(5, 3);
  infer::postprocess(label, classes, regions, {{infer::parse_least_region("TC=8")}, 0});
  EXPECT_EQ(count(label, 3), 5);
}

TEST(Postprocess, ComponentsUnderTheFractionGo) {
  Labels label = labels(0, 5);  // diagonal neighbors are one component: 5 of 205 voxels
  infer::postprocess(label, classes, regions, {{}, 5.0 / 205});
  EXPECT_EQ(count(label, 1), 5);
  infer::postprocess(label, classes, regions, {{}, 0.1});
  EXPECT_EQ(count(label, 1), 0);
  EXPECT_EQ(count(label, 2), 200);
}

TEST(Postprocess, RefusesWhatItDoesNotKnow) {
  for (const auto* text : {"ET", "=3", "ET=0", "ET=few", "ET=-3:NCR"})
    EXPECT_THAT([&] { infer::parse_least_region(text); },
                ThrowsMessage<UsageError>(HasSubstr("expected REGION=VOXELS")));
  Labels label = labels(1, 0);
  const auto refuse = [&](const char* text, const char* expected) {
    EXPECT_THAT(
        [&] {
          infer::postprocess(label, classes, regions, {{infer::parse_least_region(text)}, 0});
        },
        ThrowsMessage<UsageError>(HasSubstr(expected)));
  };
  refuse("Et=3", "no region 'Et'; did you mean 'ET'?");
  refuse("ET=3:NRC", "no class 'NRC'; did you mean 'NCR'?");
}
}  // namespace
