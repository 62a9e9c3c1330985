// Heart cohorts on disk: the layout, codes and faults of MM-WHS, and the negative controls.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/errors.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/read_file.h"
#include "image/scan.h"
#include "io/atomic_file.h"
#include "phantom/cohort.h"
#include "unit/phantom/cohort_folder.h"
#include "voxels/chain.h"

namespace kdseg::phantom {
namespace {

namespace fs = std::filesystem;
using test::write_whole;

const std::set<int> codes{0, 205, 420, 500, 550, 600, 820, 850};

class HeartCohort : public test::CohortFolder {
 protected:
  CohortSettings settings(int64_t cases = 3) const {
    CohortSettings s;
    s.anatomy = "heart";
    s.spacing_mm = 8;
    s.cases = cases;
    s.seed = 5;
    s.gates = "report";
    s.output_dir = folder_;
    return s;
  }
  fs::path file(const std::string& modality, int64_t number, const std::string& what,
                const std::string& ending = ".nii.gz") const {
    return folder_ / (modality + "_train") /
           fmt::format("{}_train_{}_{}{}", modality, 1000 + number, what, ending);
  }
  static std::map<int, int64_t> code_counts(const fs::path& path) {
    std::map<int, int64_t> counts;
    for (const float v : image::read_scan(path).image.voxels) ++counts[static_cast<int>(v)];
    return counts;
  }
  /// The scan along axes left, back, up.
  static Image upright(const fs::path& path) {
    Image image = image::read_scan(path).image;
    return voxels::apply(image, Step(voxels::reorient_to(image.grid, "LPS")));
  }
};

TEST_F(HeartCohort, HasTheLayoutCodesAndFaultsOfMmWhs) {
  write_whole(settings(12));
  int turned = 0, odd = 0;
  for (const std::string modality : {"ct", "mr"})
    for (int64_t n = 1; n <= 12; ++n) {
      const auto image = image::read_scan(file(modality, n, "image"));
      const auto label = image::read_scan(file(modality, n, "label"));
      EXPECT_EQ(image.component, "int16");
      EXPECT_TRUE(same_grid(image.image.grid, label.image.grid));
      const Reorient turn = voxels::reorient_to(image.image.grid, "LPS");
      const int every = modality == "ct" ? 10 : 3;
      EXPECT_EQ(!(turn == Reorient{}), n % every == 0) << modality << n;
      turned += !(turn == Reorient{});
      for (const auto& [code, count] : code_counts(file(modality, n, "label"))) {
        EXPECT_TRUE(codes.count(code) || code == 421) << code;
        odd += code == 421;
      }
      const float least = *std::min_element(image.image.voxels.begin(), image.image.voxels.end());
      if (modality == "ct")
        EXPECT_LT(least, -900);
      else
        EXPECT_GE(least, 0);
    }
  EXPECT_EQ(turned, 1 + 4);
  EXPECT_EQ(odd, 1);
  EXPECT_EQ(code_counts(file("mr", 10, "label")).count(421), 1u) << "as in MM-WHS";
  const auto json = nlohmann::json::parse(record());
  EXPECT_EQ(json.at("layout"), "MM-WHS 2017");
  EXPECT_EQ(json.at("files").size(), 48u);
  for (const auto& one : json.at("files"))
    EXPECT_EQ(one.at("sha256").get<std::string>(),
              io::sha256_of_file(folder_ / one.at("path").get<std::string>()));
}

TEST_F(HeartCohort, ATurnedCaseIsTheSameHeartByItsAffine) {
  CohortSettings s = settings(3);
  write_whole(s);
  const Image turned = upright(file("mr", 3, "image")), label = upright(file("mr", 3, "label"));
  s.heart.mr_turned = 0;
  write_whole(s, 2, true);
  const Image straight = image::read_scan(file("mr", 3, "image")).image;
  EXPECT_TRUE(same_grid(turned.grid, straight.grid));
  EXPECT_EQ(turned.voxels, straight.voxels);
  EXPECT_EQ(label.voxels, image::read_scan(file("mr", 3, "label")).image.voxels);
}

TEST_F(HeartCohort, ModalitiesShowOtherPeopleAlsoWhenWrittenAlone) {
  write_whole(settings(2));
  const auto together = io::sha256_of_file(file("mr", 1, "image"));
  EXPECT_NE(code_counts(file("mr", 1, "label")), code_counts(file("ct", 1, "label")));
  CohortSettings s = settings(2);
  s.heart.modality = "mr";
  write_whole(s, 1, true);
  EXPECT_EQ(io::sha256_of_file(file("mr", 1, "image")), together);
  EXPECT_FALSE(fs::exists(folder_ / "ct_train"));
}

TEST_F(HeartCohort, ContinuesAfterAnInterruptionAndEndsWithTheSameBytes) {
  write_whole(settings(), 1);
  const std::string whole = record();
  const auto untouched = fs::last_write_time(file("ct", 1, "image"));
  auto part = nlohmann::ordered_json::parse(whole);
  for (const char* key : {"gates", "cases", "files"}) part.erase(key);
  fs::remove(file("ct", 2, "image"));
  fs::remove(file("mr", 1, "label"));
  fs::remove(folder_ / "cohort.json");
  io::write_atomic(folder_ / "cohort.partial.json", part.dump(2) + "\n");
  write_whole(settings(), 3);
  EXPECT_EQ(record(), whole);
  EXPECT_EQ(fs::last_write_time(file("ct", 1, "image")), untouched);
}

TEST_F(HeartCohort, TestCasesComeWithoutLabels) {
  CohortSettings s = settings(3);
  s.unlabelled = 2;
  write_whole(s);
  EXPECT_TRUE(fs::exists(file("ct", 1, "label")));
  EXPECT_FALSE(fs::exists(file("ct", 2, "image")));
  EXPECT_TRUE(fs::exists(folder_ / "ct_test" / "ct_test_2001_image.nii.gz"));
  EXPECT_TRUE(fs::exists(folder_ / "mr_test" / "mr_test_2002_image.nii.gz"));
  EXPECT_FALSE(fs::exists(folder_ / "mr_test" / "mr_test_2001_label.nii.gz"));
}

TEST_F(HeartCohort, ControlOfEqualAppearance) {
  CohortSettings s = settings(2);
  s.heart.appearance = "ct";
  write_whole(s);
  const auto image = image::read_scan(file("mr", 1, "image")).image;
  EXPECT_LT(*std::min_element(image.voxels.begin(), image.voxels.end()), -900) << "air in HU";
}

TEST_F(HeartCohort, ControlsOfShuffledLabelsLeaveScansAlone) {
  CohortSettings s = settings(2);
  s.heart.mr_turned = s.heart.code_421 = 0;
  write_whole(s);
  const auto scan = io::sha256_of_file(file("mr", 1, "image"));
  const auto ct_label = io::sha256_of_file(file("ct", 1, "label"));
  const auto truth = image::read_scan(file("mr", 1, "label")).image.voxels;

  s.heart.mr_labels = "permuted";
  write_whole(s, 2, true);
  EXPECT_EQ(io::sha256_of_file(file("mr", 1, "image")), scan);
  EXPECT_EQ(io::sha256_of_file(file("ct", 1, "label")), ct_label);
  const auto permuted = image::read_scan(file("mr", 1, "label")).image.voxels;
  std::map<int, std::set<int>> becomes;
  for (size_t i = 0; i < truth.size(); ++i)
    becomes[static_cast<int>(truth[i])].insert(static_cast<int>(permuted[i]));
  std::set<int> targets;
  int kept = 0;
  for (const auto& [from, to] : becomes) {
    ASSERT_EQ(to.size(), 1u) << from;
    targets.insert(*to.begin());
    kept += from != 0 && *to.begin() == from;
  }
  EXPECT_EQ(targets, codes);
  EXPECT_LT(kept, 7);
  EXPECT_EQ(*becomes[0].begin(), 0);

  s.heart.mr_labels = "other-case";
  write_whole(s, 2, true);
  EXPECT_EQ(io::sha256_of_file(file("mr", 1, "image")), scan);
  EXPECT_NE(image::read_scan(file("mr", 1, "label")).image.voxels, truth);
}

TEST_F(HeartCohort, PlantsFaults) {
  CohortSettings s = settings(2);
  s.plant = {"plain-nii=1", "unknown-code=3", "label-header=4"};
  write_whole(s);
  EXPECT_TRUE(fs::exists(file("ct", 1, "image", ".nii")));
  EXPECT_EQ(code_counts(file("mr", 1, "label")).at(999), 1);
  EXPECT_FALSE(same_grid(image::read_grid(file("mr", 2, "image")),
                         image::read_grid(file("mr", 2, "label"))));
  s.plant = {"one-folder"};
  write_whole(s, 2, true);
  EXPECT_TRUE(fs::exists(folder_ / "train" / "mr_train_1002_label.nii.gz"));
  EXPECT_FALSE(fs::exists(folder_ / "mr_train"));
}

TEST_F(HeartCohort, FullSizeHasTheVoxelsOfMmWhs) {
  CohortSettings s = settings(1);
  s.heart.modality = "mr";
  s.heart.mr_turned = 0;
  s.size = "full";
  s.spacing_mm = 0;
  write_whole(s);
  const Grid grid = image::read_grid(file("mr", 1, "image"));
  EXPECT_GE(grid.size[0], 256);
  EXPECT_LE(grid.size[0], 512);
  EXPECT_GE(grid.size[2], 112);
  EXPECT_LE(grid.size[2], 200);
  EXPECT_GE(grid.spacing_mm[0], 0.78);
  EXPECT_LE(grid.spacing_mm[0], 1.21);
  EXPECT_GE(grid.spacing_mm[2], 0.9);
  EXPECT_LE(grid.spacing_mm[2], 1.6);
}

TEST_F(HeartCohort, SettingsOfTheOtherAnatomyAreRefused) {
  CohortSettings s = settings();
  s.brain.kappa = 0.5;
  EXPECT_THROW(write_whole(s), UsageError);
  s = settings();
  s.atlas_t1 = "t1.nii.gz";
  EXPECT_THROW(write_whole(s), UsageError);
  s = settings();
  s.anatomy = "brain";
  s.heart.scale = 1;
  EXPECT_THROW(write_whole(s), UsageError);
  s = settings();
  s.plant = {"odd-seg-name"};
  EXPECT_THROW(write_whole(s), UsageError);
  s = settings(1);
  s.heart.ct_labels = "other-case";
  EXPECT_THROW(write_whole(s), UsageError);
  EXPECT_FALSE(fs::exists(folder_));
}

}  // namespace
}  // namespace kdseg::phantom
