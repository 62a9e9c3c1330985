// Imports two public glioma exams in BraTS geometry and a heart CT. Facts about them (shapes,
// codes, negative voxels) were read from the files with nibabel.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>

#include "base/errors.h"
#include "image/scan.h"
#include "intake/intake.h"
#include "unit/folder.h"
#include "unit/image/scan_files.h"
#include "voxels/chain.h"

namespace kdseg::intake {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

const std::string scans = KDSEG_REAL_SCANS;
const LabelMeaning brats{{{"background", "NCR", "ED", "ET"}, {0, 1, 2, 4}},
                         {{"WT", {1, 2, 4}}, {"TC", {1, 4}}, {"ET", {4}}},
                         {}};

CaseFiles exam(const std::string& grade, const std::string& id) {
  const std::string stem = scans + "/brats/" + grade + "/" + id + "/" + id;
  CaseFiles files{id, grade, {}, stem + "_seg.nii.gz", ""};
  for (const std::string channel : {"flair", "t1ce", "t1", "t2"})
    files.images.push_back({channel, stem + "_" + channel + ".nii.gz"});
  return files;
}

struct Imported {
  Volume volume;
  std::string printed;
};

Imported import(const CaseFiles& files) {
  testing::internal::CaptureStderr();
  Volume volume = import_case(files, &brats);
  return {std::move(volume), testing::internal::GetCapturedStderr()};
}

/// The volume's label, written back as a file, must be the file it came from.
void expect_label_comes_back(const CaseFiles& files, const Volume& volume) {
  const test::Folder folder;
  io::Prediction prediction;
  prediction.case_id = files.id;
  prediction.chain = volume.chain;
  prediction.label = *volume.data.label;
  prediction.classes = volume.data.classes;
  write_label_scan(folder / "seg.nii.gz", prediction);
  const image::Scan original = image::read_scan(files.label);
  const image::Scan back = image::read_scan(folder / "seg.nii.gz");
  EXPECT_EQ(back.component, "uint8");
  EXPECT_TRUE(same_grid(back.image.grid, original.image.grid, 1e-5));
  EXPECT_EQ(back.image.voxels, original.image.voxels);
}

TEST(RealScans, AGliomaExamWithNegativeVoxels) {
  const CaseFiles files = exam("HGG", "TCGA-FG-6692");
  const auto [volume, printed] = import(files);
  EXPECT_THAT(volume.data.image.channels, ElementsAre("flair", "t1ce", "t1", "t2"));
  EXPECT_THAT(volume.chain.source.size, ElementsAre(240, 240, 155));
  EXPECT_THAT(volume.chain.source.spacing_mm, ElementsAre(1, 1, 1));
  EXPECT_LT(volume.data.image.grid.voxel_count(), volume.chain.source.voxel_count());
  EXPECT_THAT(printed, AllOf(HasSubstr("TCGA-FG-6692"), HasSubstr("negative voxels"),
                             HasSubstr("least -52")));
  const auto& label = volume.data.label->voxels;
  EXPECT_GT(std::count(label.begin(), label.end(), 3), 0) << "enhancing tumor";
  const Image t1 = image::read_scan(files.images[2].path).image;
  const Image back = voxels::restore(volume.chain, volume.data.image, {0.0f});
  EXPECT_TRUE(std::equal(t1.voxels.begin(), t1.voxels.end(), back.channel(2)))
      << "nothing is lost or changed by the import";
  expect_label_comes_back(files, volume);
}

TEST(RealScans, AGliomaExamWithoutEnhancingTumor) {
  const CaseFiles files = exam("LGG", "TCGA-DU-7294");
  const auto [volume, printed] = import(files);
  const auto& label = volume.data.label->voxels;
  EXPECT_EQ(std::count(label.begin(), label.end(), 3), 0);
  EXPECT_GT(std::count(label.begin(), label.end(), 2), 0) << "edema";
  EXPECT_EQ(volume.data.stratum, "LGG");
  expect_label_comes_back(files, volume);
}

TEST(RealScans, AHeartCtKeepsItsHounsfieldUnits) {
  const std::string file = scans + "/heart-ct/cta_image.nii.gz";
  testing::internal::CaptureStderr();
  const Volume volume = import_case({"cta", "", {{"ct", file}}, "", ""}, nullptr);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              testing::AllOf(testing::HasSubstr("names no unit of length, millimeters are assumed"),
                             testing::Not(testing::HasSubstr("warning"))));
  const auto& voxels = volume.data.image.voxels;
  EXPECT_EQ(*std::min_element(voxels.begin(), voxels.end()), -1064);
  EXPECT_EQ(*std::max_element(voxels.begin(), voxels.end()), 3343);
  EXPECT_THAT(volume.data.image.grid.size, ElementsAre(122, 102, 112));
  EXPECT_NEAR(volume.data.image.grid.spacing_mm[0], 1.5, 1e-6);
  EXPECT_TRUE(same_grid(volume.chain.source, image::read_grid(file), 1e-9));
}

TEST(RealScans, TheHeartMaskLiesOnAnotherGridAndIsRefused) {
  const std::string folder = scans + "/heart-ct/";
  const LabelMeaning meaning{{{"background", "heart"}, {0, 1}}, {}, {}};
  const std::string message = test::message_of<DataError>([&] {
    import_case({"cta", "", {{"ct", folder + "cta_image.nii.gz"}}, folder + "cta_heart.nii.gz", ""},
                &meaning);
  });
  EXPECT_THAT(message, AllOf(HasSubstr("233x167x191"), HasSubstr("122x102x112")));
}

}  // namespace
}  // namespace kdseg::intake
