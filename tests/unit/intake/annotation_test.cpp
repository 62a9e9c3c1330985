// Labels and soft labels from elsewhere come to the scan by position.
#include "intake/annotation.h"

#include <gmock/gmock.h>

#include <limits>

#include "base/errors.h"
#include "image/scan.h"
#include "unit/image/scan_files.h"
#include "voxels/chain.h"

namespace kdseg::intake {
namespace {

using test::Folder;
using test::message_of;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const LabelMeaning lesion{{{"background", "lesion"}, {0, 7}}, {}, {}};
/// x and y swapped, then z reversed.
const Reorient turn{{1, 0, 2}, {false, false, true}};

Grid scan_grid() {
  Grid grid;
  grid.size = {4, 3, 2};
  grid.spacing_mm = {0.5, 0.75, 1.5};
  grid.origin_mm = {-31.25, 12.5, 800.0};
  return grid;
}

struct Files {
  Folder folder;
  CaseFiles files{"case7", "", {}, ""};
  std::vector<std::string> notes;

  void label(const Grid& grid, const std::vector<float>& codes) {
    files.label = folder / "seg.nii.gz";
    image::write_scan(files.label, grid, codes.data());
  }
  void share(const Image& image) {
    files.share = folder / "prob.nii.gz";
    files.share_order = lesion.classes.names;
    image::write_channels(files.share, image);
  }
  Annotation read() { return read_annotation(files, &lesion, scan_grid(), notes); }
  std::string refused() {
    return message_of<DataError>([&] { read(); });
  }
};

/// One lesion voxel, at x 3, y 1, z 0.
std::vector<float> codes_of_one() {
  std::vector<float> codes(24);
  codes[7] = 7;
  return codes;
}

Image shares_of_one() {
  Image image{scan_grid(), lesion.classes.names, std::vector<float>(48)};
  for (size_t i = 0; i < 24; ++i) {
    image.voxels[24 + i] = static_cast<float>(i) / 32;
    image.voxels[i] = 1 - image.voxels[24 + i];
  }
  return image;
}

TEST(Annotation, OtherAxesAtTheSamePlaceAreTurnedExactly) {
  Files all;
  const Image label = voxels::apply(Image{scan_grid(), {""}, codes_of_one()}, turn);
  all.label(label.grid, label.voxels);
  all.share(voxels::apply(shares_of_one(), turn));
  const Annotation made = all.read();
  EXPECT_EQ(made.label->grid, scan_grid());
  EXPECT_EQ(made.label->voxels[7], 1);
  EXPECT_EQ(std::count(made.label->voxels.begin(), made.label->voxels.end(), 0), 23);
  EXPECT_EQ(made.share->image.voxels, shares_of_one().voxels);
  EXPECT_TRUE(made.overlaid.empty());
}

TEST(Annotation, AnotherPlaceIsRefusedInMillimetersOrTakenOnRequest) {
  Files all;
  Grid moved = scan_grid();
  moved.origin_mm[2] += 3;
  all.label(moved, codes_of_one());
  EXPECT_THAT(all.refused(), AllOf(HasSubstr("seg.nii.gz does not lie where the scan lies"),
                                   HasSubstr("3 mm (2 voxels)"), HasSubstr("--ignore-geometry")));
  all.files.ignore_geometry = true;
  const Annotation made = all.read();
  EXPECT_EQ(made.label->voxels[7], 1);
  EXPECT_THAT(made.overlaid, ElementsAre("label"));
}

TEST(Annotation, ABackgroundOfNanIsCountedAndZeroOnRequest) {
  Files all;
  auto codes = codes_of_one();
  codes[0] = codes[23] = std::numeric_limits<float>::quiet_NaN();
  all.label(scan_grid(), codes);
  EXPECT_THAT(all.refused(), AllOf(HasSubstr("2 of 24 voxels are NaN"), HasSubstr("--nan zero")));
  all.files.nan_is_zero = true;
  EXPECT_EQ(all.read().label->voxels[7], 1);
  EXPECT_THAT(all.notes, ElementsAre("NaN voxels read as 0: label 2"));
}

}  // namespace
}  // namespace kdseg::intake
