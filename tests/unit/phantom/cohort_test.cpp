// Cohorts on disk: layout, continuing, refusing, planted faults.
#include "phantom/cohort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/errors.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/read_file.h"
#include "image/scan.h"
#include "io/atomic_file.h"
#include "phantom/brain/patients.h"
#include "unit/phantom/cohort_folder.h"

namespace kdseg::phantom {
namespace {

namespace fs = std::filesystem;
using test::write_whole;

class Cohort : public test::CohortFolder {
 protected:
  CohortSettings settings(int64_t cases = 3) const {
    CohortSettings s;
    s.grid = {24, 28, 20};
    s.spacing_mm = 8;
    s.cases = cases;
    s.seed = 5;
    s.gates = "report";
    s.output_dir = folder_;
    return s;
  }
  nlohmann::json json() const { return nlohmann::json::parse(record()); }
  fs::path folder_of(int64_t index) const {
    const auto id = json().at("cases").at(index).at("id").get<std::string>();
    for (const char* grade : {"HGG", "LGG"})
      if (fs::exists(folder_ / grade / id)) return folder_ / grade / id;
    return {};
  }
  fs::path file_of(int64_t index, const std::string& suffix) const {
    const fs::path folder = folder_of(index);
    return folder / (folder.filename().string() + "_" + suffix);
  }
};

TEST_F(Cohort, HasTheLayoutAndHeadersOfBrats) {
  write_whole(settings(), 2, false);
  for (int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(folder_of(i).filename(), fmt::format("Brats18_SYN01_{:04}_1", i + 1));
    for (const char* suffix : {"flair", "t1", "t1ce", "t2"}) {
      const auto scan = image::read_scan(file_of(i, std::string(suffix) + ".nii.gz"));
      EXPECT_EQ(scan.component, "int16");
      EXPECT_EQ(scan.image.grid.size, (std::array<int64_t, 3>{24, 28, 20}));
      EXPECT_NEAR(scan.image.grid.origin_mm[1], -27 * 8, 1e-3);
      EXPECT_NEAR(scan.image.grid.direction[0], 1, 1e-6);
      EXPECT_NEAR(scan.image.grid.direction[4], 1, 1e-6);
    }
    EXPECT_EQ(image::read_scan(file_of(i, "seg.nii.gz")).component, "uint8");
  }
  const auto files = json().at("files");
  EXPECT_EQ(files.size(), 15u);
  for (const auto& file : files)
    EXPECT_EQ(file.at("sha256").get<std::string>(),
              io::sha256_of_file(folder_ / file.at("path").get<std::string>()));
  EXPECT_EQ(json().at("knobs").at("kappa"), 0.25);
  EXPECT_EQ(json().at("gates").size(), 14u);
  EXPECT_FALSE(fs::exists(folder_ / "cohort.partial.json"));
}

TEST_F(Cohort, ContinuesAfterAnInterruptionAndEndsWithTheSameBytes) {
  write_whole(settings(), 1, false);
  const std::string whole = record();
  // As an interruption leaves it: the settings' record, one case gone, one half written.
  const fs::path second = folder_of(1);
  const auto untouched = fs::last_write_time(file_of(0, "t1.nii.gz"));
  auto part = nlohmann::ordered_json::parse(whole);
  for (const char* key : {"gates", "cases", "files"}) part.erase(key);
  fs::remove_all(second);
  fs::create_directories(second.parent_path() / ("." + second.filename().string() + ".partial"));
  fs::remove(folder_ / "cohort.json");
  io::write_atomic(folder_ / "cohort.partial.json", part.dump(2) + "\n");

  CohortSettings other = settings();
  other.seed = 6;
  EXPECT_THROW(write_whole(other, 1, false), UsageError);
  write_whole(settings(), 3, false);
  EXPECT_EQ(record(), whole);
  EXPECT_EQ(fs::last_write_time(file_of(0, "t1.nii.gz")), untouched);
}

TEST_F(Cohort, MakesADamagedCaseAgain) {
  write_whole(settings(2), 1, false);
  const std::string whole = record();
  auto part = nlohmann::ordered_json::parse(whole);
  for (const char* key : {"gates", "cases", "files"}) part.erase(key);
  std::ofstream(file_of(1, "t2.nii.gz"), std::ios::trunc) << "cut";
  fs::remove(folder_ / "cohort.json");
  io::write_atomic(folder_ / "cohort.partial.json", part.dump(2) + "\n");
  write_whole(settings(2), 1, false);
  EXPECT_EQ(record(), whole);
}

TEST_F(Cohort, RefusesToReplaceUnlessForced) {
  write_whole(settings(3), 1, false);
  EXPECT_THROW(write_whole(settings(2), 1, false), UsageError);
  EXPECT_EQ(json().at("cases").size(), 3u);
  write_whole(settings(2), 1, true);
  EXPECT_EQ(json().at("cases").size(), 2u);
  size_t left = 0;
  for (const char* grade : {"HGG", "LGG"})
    if (fs::exists(folder_ / grade))
      left += static_cast<size_t>(std::distance(fs::directory_iterator(folder_ / grade), {}));
  EXPECT_EQ(left, 2u);
}

TEST_F(Cohort, RefusesAFolderWithForeignCases) {
  fs::create_directories(folder_ / "HGG" / "Brats18_2013_2_1");
  EXPECT_THROW(write_whole(settings(), 1, false), UsageError);
  EXPECT_TRUE(fs::exists(folder_ / "HGG" / "Brats18_2013_2_1"));
}

TEST_F(Cohort, WritesNothingWhenSettingsAreWrong) {
  CohortSettings s = settings();
  s.brain.kappa = 2;
  EXPECT_THROW(write_whole(s, 1, false), UsageError);
  s = settings();
  s.plant = {"no-such-fault"};
  EXPECT_THROW(write_whole(s, 1, false), UsageError);
  s = settings();
  s.atlas_t1 = folder_ / "none.nii.gz";
  EXPECT_THROW(write_whole(s, 1, false), DataError);
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(Cohort, PlantsTheFaultsOfRealDataSets) {
  CohortSettings s = settings(9);
  s.brain.lgg_probability = 0;
  s.plant = {"odd-seg-name=1",    "plain-nii=2",          "header-mismatch=3",
             "negative-voxels=4", "extreme-maximum=5",    "blurred-sequence=6",
             "missing-et=7",      "two-seg-candidates=8", "prefix-case=9"};
  write_whole(s, 2, false);
  EXPECT_TRUE(fs::exists(folder_of(0) / "W39_1998.09.19_Segm.nii"));
  EXPECT_FALSE(fs::exists(file_of(0, "seg.nii.gz")));
  EXPECT_TRUE(fs::exists(file_of(1, "t1.nii")));
  EXPECT_FALSE(fs::exists(file_of(1, "t1.nii.gz")));
  EXPECT_FALSE(same_grid(image::read_grid(file_of(2, "flair.nii.gz")),
                         image::read_grid(file_of(2, "t1.nii.gz"))));
  const auto t1_voxels = image::read_scan(file_of(3, "t1.nii.gz")).image.voxels;
  const auto negative =
      std::count_if(t1_voxels.begin(), t1_voxels.end(), [](float v) { return v < 0; });
  const auto brain =
      std::count_if(t1_voxels.begin(), t1_voxels.end(), [](float v) { return v != 0; });
  EXPECT_NEAR(static_cast<double>(negative) / static_cast<double>(brain), 0.002, 0.001);
  EXPECT_GE(*std::min_element(t1_voxels.begin(), t1_voxels.end()), -136);
  const auto t1ce_voxels = image::read_scan(file_of(4, "t1ce.nii.gz")).image.voxels;
  EXPECT_EQ(*std::max_element(t1ce_voxels.begin(), t1ce_voxels.end()), 15462);
  const auto seg = image::read_scan(file_of(6, "seg.nii.gz")).image.voxels;
  EXPECT_EQ(std::count(seg.begin(), seg.end(), 4.0f), 0);
  EXPECT_GT(std::count(seg.begin(), seg.end(), 1.0f), 0);
  EXPECT_TRUE(fs::exists(file_of(7, "reader1.nii.gz")));
  EXPECT_EQ(folder_of(8).filename(), "BraTS18_SYN01_0009_1");
}

TEST_F(Cohort, DoublesTheFolder) {
  CohortSettings s = settings(1);
  s.plant = {"double-folder"};
  write_whole(s, 1, false);
  EXPECT_TRUE(
      fs::exists(folder_ / "MICCAI_BraTS_2018_Data_Training" / "MICCAI_BraTS_2018_Data_Training"));
  EXPECT_FALSE(fs::exists(folder_ / "HGG"));
}

TEST_F(Cohort, LeavesTheLastCasesUnlabelled) {
  CohortSettings s = settings(2);
  s.unlabelled = 1;
  write_whole(s, 1, false);
  EXPECT_TRUE(fs::exists(file_of(0, "seg.nii.gz")));
  EXPECT_FALSE(fs::exists(file_of(1, "seg.nii.gz")));
  EXPECT_TRUE(fs::exists(file_of(1, "t1.nii.gz")));
}

TEST_F(Cohort, TakesAnAtlas) {
  // A ball of white matter in a shell of gray matter in CSF.
  const Grid grid = grid_of({40, 40, 40}, 4);
  std::vector<float> voxels(static_cast<size_t>(grid.voxel_count()));
  for (int64_t i = 0; i < grid.voxel_count(); ++i) {
    const double x = static_cast<double>(i % 40) - 19.5,
                 y = static_cast<double>(i / 40 % 40) - 19.5,
                 z = static_cast<double>(i / 1600) - 19.5;
    const double r = 4 * std::sqrt(x * x + y * y + z * z);
    voxels[static_cast<size_t>(i)] = r < 55 ? 106 : r < 62 ? 81 : r < 66 ? 41 : 0;
  }
  fs::create_directories(folder_);
  const std::string atlas = folder_ / "atlas.nii.gz";
  image::write_scan(atlas, grid, voxels.data());
  CohortSettings s = settings(1);
  s.atlas_t1 = atlas;
  write_whole(s, 1, false);
  EXPECT_TRUE(json().at("head").contains("atlas_sha256"));
  const auto t1 = image::read_scan(file_of(0, "t1.nii.gz")).image;
  const auto brain =
      std::count_if(t1.voxels.begin(), t1.voxels.end(), [](float v) { return v > 0; });
  const double ball_ml = 4.0 / 3 * 3.14159 * 66 * 66 * 66 / 1000;
  EXPECT_NEAR(static_cast<double>(brain) * t1.grid.voxel_volume_ml(), ball_ml, 0.35 * ball_ml);
  s.atlas_centers = {41, 41, 106};
  EXPECT_THROW(write_whole(s, 1, true), UsageError);
}

TEST(Plants, AreDealtOrAddressed) {
  const auto plants = parse_plants(
      brain_faults(), {"missing-et", "plain-nii", "odd-seg-name=2", "double-folder"}, 2);
  EXPECT_TRUE(plants.has(0, "missing-et"));
  EXPECT_TRUE(plants.has(1, "plain-nii"));
  EXPECT_TRUE(plants.has(1, "odd-seg-name"));
  EXPECT_FALSE(plants.has(0, "odd-seg-name"));
  EXPECT_TRUE(plants.cohort_has("double-folder"));
  EXPECT_THROW(parse_plants(brain_faults(), {"missing-et=3"}, 2), UsageError);
  EXPECT_THROW(parse_plants(brain_faults(), {"missing-et=x"}, 2), UsageError);
  EXPECT_THROW(parse_plants(brain_faults(), {"double-folder=1"}, 2), UsageError);
}

}  // namespace
}  // namespace kdseg::phantom
