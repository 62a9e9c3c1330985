// Manifests: what the shipped ones say, what malformed ones get told, and which faults of real
// copies the discovery of cases survives.
#include "cohort/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/errors.h"
#include "unit/folder.h"

namespace kdseg::cohort {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string shipped = KDSEG_DATA_MANIFEST;
const std::vector<std::string> sequences{"flair", "t1ce", "t1", "t2"};

struct Folder : test::Folder {
  void touch(const std::string& name, const std::string& content = {}) const {
    write(name, content);
  }
  /// A complete case in the BraTS 2018 to 2021 layout.
  void brats_case(const std::string& folder, const std::string& extension = ".nii.gz") const {
    const std::string id = fs::path(folder).filename().string();
    for (const std::string s : {"_flair", "_t1ce", "_t1", "_t2", "_seg"})
      touch(folder + "/" + id + s + extension);
  }
  void remove(const std::string& name) const { fs::remove(*this / name); }
};

Manifest brats(const std::string& year) {
  return read_manifest(shipped + "/brats-" + year + ".yaml");
}

TEST(Manifest, ShippedOnesCarryTheCodesOfTheirRelease) {
  for (const std::string year : {"2018", "2019", "2020", "2021"}) {
    const Manifest m = brats(year);
    EXPECT_EQ(m.id, "brats-" + year);
    EXPECT_THAT(m.classes.names, ElementsAre("background", "NCR", "ED", "ET"));
    EXPECT_THAT(m.classes.codes, ElementsAre(0, 1, 2, 4));
    ASSERT_EQ(m.regions.size(), 3u);
    EXPECT_EQ(m.regions[0], (Region{"WT", {1, 2, 4}}));
    EXPECT_EQ(m.regions[1], (Region{"TC", {1, 4}}));
    EXPECT_EQ(m.regions[2], (Region{"ET", {4}}));
  }
  const Manifest gli = brats("2023-gli");
  EXPECT_THAT(gli.classes.codes, ElementsAre(0, 1, 2, 3));  // 4 is no enhancing tumor since 2023
  EXPECT_EQ(gli.regions[2], (Region{"ET", {3}}));
  std::vector<std::string> names;
  for (const auto& [name, suffixes] : gli.modalities) names.push_back(name);
  EXPECT_EQ(names, sequences);
  EXPECT_EQ(brats("2019").expected_cases.at("train/HGG"), 259);
  EXPECT_EQ(brats("2018").expected_cases.at("train"), 285);
}

TEST(Manifest, MalformedOnesAreToldWhereAndWhat) {
  const Folder folder;
  const std::string good =
      "id: x\ntitle: X\naccess: open\nlicence: CC0\ncase_pattern: c[0-9]+\n"
      "modalities: {ct: [_ct]}\nlabel_suffixes: [_seg]\nlabel_codes: {0: background, 7: organ}\n";
  const auto fault = [&](const std::string& text) -> std::string {
    folder.touch("m.yaml", text);
    try {
      read_manifest(folder.path() + "/m.yaml");
    } catch (const DataError& e) {
      return e.what();
    }
    return "accepted";
  };
  EXPECT_EQ(fault(good), "accepted");
  EXPECT_THAT(fault(good + "case_patern: x\n"),
              testing::AllOf(HasSubstr("m.yaml:9"), HasSubstr("did you mean 'case_pattern'")));
  EXPECT_THAT(fault("id: x\n"), HasSubstr("no field 'title'"));
  EXPECT_THAT(fault(good + "regions: {R: [8]}\n"), HasSubstr("code 8"));
  EXPECT_THAT(fault(good + "code_aliases: {8: 9}\n"), HasSubstr("leads to 9"));
  EXPECT_THAT(fault(good + "patient_pattern: '(['\n"), HasSubstr("regular expression"));
  EXPECT_THAT(fault(good + "header_authority: mr\n"), HasSubstr("no modality"));
  EXPECT_THAT(fault(good + "expected_cases: {train: many}\n"), HasSubstr("whole number"));
  EXPECT_THAT(fault("id: [\n"), HasSubstr("not YAML"));
  EXPECT_THAT(fault("- 1\n"), HasSubstr("expected a map"));
  EXPECT_THROW(read_manifest(folder.path() + "/absent.yaml"), DataError);
}

TEST(FindCases, ReadsTheOfficialLayoutWithStrata) {
  const Folder folder;
  folder.brats_case("LGG/Brats18_TCIA09_141_1");
  folder.brats_case("HGG/Brats18_2013_10_1");
  folder.touch("survival_data.csv");
  folder.touch("HGG/Brats18_2013_10_1/._Brats18_2013_10_1_flair.nii.gz");
  const auto cases = find_cases(brats("2018"), folder.path());
  ASSERT_EQ(cases.size(), 2u);
  EXPECT_EQ(cases[0].id, "Brats18_2013_10_1");
  EXPECT_EQ(cases[0].stratum, "HGG");
  EXPECT_EQ(cases[1].stratum, "LGG");
  std::vector<std::string> names;
  for (const auto& [name, path] : cases[0].images) {
    names.push_back(name);
    EXPECT_THAT(path, testing::EndsWith("Brats18_2013_10_1_" + name + ".nii.gz"));
  }
  EXPECT_EQ(names, sequences);
  EXPECT_THAT(cases[0].label, testing::EndsWith("_seg.nii.gz"));
  EXPECT_THAT(cases[0].fix_ups, IsEmpty());
  EXPECT_EQ(cases[0].rejected, "");
}

TEST(FindCases, SurvivesDoubledFoldersPlainNiftiAndChangedCase) {
  const Folder folder;
  const std::string doubled = "MICCAI_BraTS_2019_Data_Training/MICCAI_BraTS_2019_Data_Training/";
  folder.brats_case(doubled + "HGG/Brats19_CBICA_AAB_1", ".nii");
  folder.brats_case("MICCAI_BraTS_2019_Data_Validation/BraTS19_CBICA_ZZZ_1");
  const auto cases = find_cases(brats("2019"), folder.path());
  ASSERT_EQ(cases.size(), 1u);  // the validation folder beside it is another set
  EXPECT_EQ(cases[0].stratum, "HGG");
  EXPECT_EQ(cases[0].rejected, "");
  EXPECT_EQ(cases[0].images.size(), 4u);
  EXPECT_THAT(cases[0].fix_ups, ElementsAre(HasSubstr("upper and lower case")));
}

TEST(FindCases, TakesTheOnlyOtherScanAsSegmentation) {
  const Folder folder;
  folder.brats_case("BraTS20_Training_355", ".nii");
  folder.remove("BraTS20_Training_355/BraTS20_Training_355_seg.nii");
  folder.touch("BraTS20_Training_355/W39_1998.09.19_Segm.nii");
  folder.touch("name_mapping.csv",
               "Grade,BraTS_2019_subject_ID,BraTS_2020_subject_ID\n"
               "LGG,NA,BraTS20_Training_355\n");
  auto cases = find_cases(brats("2020"), folder.path());
  ASSERT_EQ(cases.size(), 1u);
  EXPECT_THAT(cases[0].label, testing::EndsWith("W39_1998.09.19_Segm.nii"));
  EXPECT_THAT(cases[0].fix_ups, ElementsAre("segmentation taken from W39_1998.09.19_Segm.nii"));
  EXPECT_EQ(cases[0].stratum, "LGG");

  folder.touch("BraTS20_Training_355/other.nii.gz");
  cases = find_cases(brats("2020"), folder.path());
  EXPECT_THAT(cases[0].rejected, testing::AllOf(HasSubstr("W39_1998"), HasSubstr("other.nii.gz")));
}

TEST(FindCases, LabelsMayBeAbsentButNoSequence) {
  const Folder folder;
  folder.brats_case("BraTS2021_00000");
  folder.brats_case("BraTS2021_00001");
  folder.remove("BraTS2021_00000/BraTS2021_00000_seg.nii.gz");
  folder.remove("BraTS2021_00001/BraTS2021_00001_t1ce.nii.gz");
  const auto cases = find_cases(brats("2021"), folder.path());
  EXPECT_EQ(cases[0].label, "");
  EXPECT_EQ(cases[0].rejected, "");
  EXPECT_THAT(cases[1].rejected, HasSubstr("no t1ce scan"));
}

TEST(FindCases, KnowsPatientsAndTheNewSuffixes) {
  const Folder folder;
  for (const std::string id : {"BraTS-GLI-00008-000", "BraTS-GLI-00008-001"})
    for (const std::string s : {"-t1n", "-t1c", "-t2w", "-t2f", "-seg"})
      folder.touch(id + "/" + id + s + ".nii.gz");
  const auto cases = find_cases(brats("2023-gli"), folder.path());
  ASSERT_EQ(cases.size(), 2u);
  EXPECT_EQ(cases[0].patient, "00008");
  EXPECT_EQ(cases[1].patient, "00008");
  EXPECT_THAT(cases[0].images[0].second, testing::EndsWith("-t2f.nii.gz"));
  EXPECT_EQ(cases[0].rejected, "");
}

TEST(FindCases, CopiesInFoldersNamedLikeFilesAreRead) {
  const Folder folder;
  const std::string id = "HGG/Brats18_2013_2_1";
  folder.brats_case(id);
  folder.remove(id + "/Brats18_2013_2_1_t1.nii.gz");
  folder.touch(id + "/Brats18_2013_2_1_t1.nii/Brats18_2013_2_1_t1.nii");
  const auto cases = find_cases(brats("2018"), folder.path());
  EXPECT_EQ(cases[0].rejected, "");
  EXPECT_THAT(cases[0].fix_ups, ElementsAre(HasSubstr("is a folder")));
}

TEST(FindCases, TheSameCaseTwiceIsRejected) {
  const Folder folder;
  folder.brats_case("a/HGG/Brats18_2013_2_1");
  folder.brats_case("b/HGG/Brats18_2013_2_1");
  const auto cases = find_cases(brats("2018"), folder.path());
  ASSERT_EQ(cases.size(), 2u);
  EXPECT_EQ(cases[0].rejected, "");
  EXPECT_THAT(cases[1].rejected, HasSubstr("found twice"));
}

TEST(FindCases, NothingFoundSaysWhatWasExpectedAndThere) {
  const Folder folder;
  folder.touch("patients/p01.dcm");
  try {
    find_cases(brats("2018"), folder.path());
    FAIL() << "no error";
  } catch (const DataError& e) {
    EXPECT_THAT(e.what(), HasSubstr("Brats18_"));
    EXPECT_THAT(e.what(), HasSubstr("patients/p01.dcm"));
  }
  EXPECT_THROW(find_cases(brats("2018"), folder.path() + "/absent"), DataError);
}

TEST(Manifest, HeartsCarryTheCodesOfMmWhsInAscendingOrder) {
  for (const std::string name : {"mm-whs-2017-ct", "mm-whs-2017-mr", "totalsegmentator-ct"}) {
    const Manifest m = read_manifest(shipped + "/" + name + ".yaml");
    EXPECT_EQ(m.id, name);
    EXPECT_THAT(m.classes.codes, ElementsAre(0, 205, 420, 500, 550, 600, 820, 850));
    EXPECT_THAT(m.classes.names,
                ElementsAre("background", "MYO", "LA", "LV", "RA", "RV", "AO", "PA"));
    ASSERT_EQ(m.modalities.size(), 1u);
    EXPECT_EQ(m.modalities[0].first, name.substr(name.size() - 2));
  }
  const Manifest mr = read_manifest(shipped + "/mm-whs-2017-mr.yaml");
  EXPECT_THAT(mr.code_aliases, ElementsAre(testing::Pair(421, 420)));
  EXPECT_EQ(mr.header_authority, "mr");
  const Manifest amos = read_manifest(shipped + "/amos-2022-mr.yaml");
  ASSERT_EQ(amos.classes.codes.size(), 16u);
  EXPECT_EQ(amos.classes.names[8], "aorta");
  EXPECT_EQ(amos.classes.names[9], "postcava");
}

TEST(Manifest, OfFilesSideBySideIsToldWhatDoesNotGoTogether) {
  const Folder folder;
  const auto fault = [&](const std::string& text) -> std::string {
    folder.touch("m.yaml",
                 "id: x\ntitle: X\naccess: open\nlicence: CC0\n"
                 "label_codes: {0: background, 7: organ}\n" +
                     text);
    try {
      read_manifest(folder.path() + "/m.yaml");
    } catch (const DataError& e) {
      return e.what();
    }
    return "accepted";
  };
  EXPECT_EQ(fault("case_files: {ct: '(c[0-9]+)_ct', label: '(c[0-9]+)_seg'}\n"), "accepted");
  EXPECT_THAT(fault("case_files: {ct: 'c[0-9]+_ct'}\n"), HasSubstr("no group"));
  EXPECT_THAT(fault("case_files: {label: '(c)'}\n"), HasSubstr("no channel"));
  EXPECT_THAT(fault("case_files: {ct: '(c'}\n"), HasSubstr("regular expression"));
  EXPECT_THAT(fault("case_files: {ct: '(c)'}\ncase_pattern: c\n"),
              testing::AllOf(HasSubstr("m.yaml:7"), HasSubstr("case_pattern does not go")));
  const std::string folders = "case_pattern: c\nmodalities: {ct: [ct]}\n";
  EXPECT_EQ(fault(folders + "label_masks: {7: masks/organ}\n"), "accepted");
  EXPECT_THAT(fault(folders + "label_masks: {8: masks/organ}\n"), HasSubstr("has code 8"));
  EXPECT_THAT(fault(folders + "label_masks: {7: a}\nlabel_suffixes: [_seg]\n"),
              HasSubstr("does not go with label_masks"));
  EXPECT_THAT(fault(folders), HasSubstr("label_suffixes"));
}

TEST(FindCases, FilesSideBySideAreCasesByTheirNames) {
  const Folder folder;
  for (const std::string id : {"ct_train_1002", "ct_train_1001"})
    for (const std::string what : {"_image", "_label"})
      folder.touch("ct_train/" + id + what + ".nii.gz");
  folder.touch("mr_train/mr_train_1001_image.nii.gz");
  folder.touch("ct_train/ct_train_1003_image.nii");  // without a label
  folder.touch("ct_train/ct_train_1004_label.nii");  // without an image
  folder.touch("ct_test/ct_test_2001_image.nii.gz");
  folder.touch("ct_train/ct_train_1001_image.nii");  // beside the compressed one
  const auto cases = find_cases(read_manifest(shipped + "/mm-whs-2017-ct.yaml"), folder.path());
  ASSERT_EQ(cases.size(), 4u);
  EXPECT_EQ(cases[0].id, "ct_train_1001");
  ASSERT_EQ(cases[0].images.size(), 1u);
  EXPECT_EQ(cases[0].images[0].first, "ct");
  EXPECT_THAT(cases[0].images[0].second, testing::EndsWith("1001_image.nii.gz"));
  EXPECT_THAT(cases[0].label, testing::EndsWith("1001_label.nii.gz"));
  EXPECT_THAT(cases[0].fix_ups, ElementsAre(HasSubstr("beside it ignored")));
  EXPECT_EQ(cases[0].rejected, "");
  EXPECT_EQ(cases[2].label, "");
  EXPECT_EQ(cases[2].rejected, "");
  EXPECT_THAT(cases[3].rejected, HasSubstr("no ct scan"));
}

TEST(FindCases, CopiesWithBothModalitiesInOneFolderAreTakenApart) {
  const Folder folder;
  for (const std::string modality : {"ct", "mr"})
    for (const std::string what : {"_image", "_label"})
      folder.touch("MM-WHS/train/" + modality + "_train_1001" + what + ".nii");
  for (const std::string modality : {"ct", "mr"}) {
    const auto cases =
        find_cases(read_manifest(shipped + "/mm-whs-2017-" + modality + ".yaml"), folder.path());
    ASSERT_EQ(cases.size(), 1u);
    EXPECT_EQ(cases[0].id, modality + "_train_1001");
    EXPECT_EQ(cases[0].rejected, "");
  }
}

TEST(FindCases, AmosIsTwoCohortsByNumber) {
  const Folder folder;
  for (const std::string id : {"amos_0001", "amos_0499", "amos_0507"})
    for (const std::string part : {"imagesTr/", "labelsTr/"})
      folder.touch("amos22/" + part + id + ".nii.gz");
  folder.touch("amos22/imagesVa/amos_0600.nii.gz");
  folder.touch("amos22/imagesTs/amos_0600.nii.gz");
  const auto ct = find_cases(read_manifest(shipped + "/amos-2022-ct.yaml"), folder.path());
  ASSERT_EQ(ct.size(), 2u);
  EXPECT_EQ(ct[1].id, "amos_0499");
  EXPECT_THAT(ct[1].label, testing::EndsWith("labelsTr/amos_0499.nii.gz"));
  const auto mr = find_cases(read_manifest(shipped + "/amos-2022-mr.yaml"), folder.path());
  ASSERT_EQ(mr.size(), 2u);
  EXPECT_EQ(mr[0].id, "amos_0507");
  EXPECT_EQ(mr[1].rejected, "");
}

TEST(FindCases, ALabelMayBeAMaskPerStructure) {
  const Folder folder;
  const Manifest m = read_manifest(shipped + "/totalsegmentator-ct.yaml");
  for (const std::string id : {"s0000", "s0001", "s0002"}) folder.touch(id + "/ct.nii.gz");
  for (const auto& [code, file] : m.label_masks) folder.touch("s0000/" + file + ".nii.gz");
  folder.touch("s0000/segmentations/liver.nii.gz");
  folder.touch("s0001/segmentations/aorta.nii.gz");
  const auto cases = find_cases(m, folder.path());
  ASSERT_EQ(cases.size(), 3u);
  ASSERT_EQ(cases[0].masks.size(), 7u);
  EXPECT_EQ(cases[0].masks[5].first, 820);
  EXPECT_THAT(cases[0].masks[5].second, testing::EndsWith("segmentations/aorta.nii.gz"));
  EXPECT_EQ(cases[0].label, cases[0].masks[0].second);
  EXPECT_THAT(cases[0].fix_ups, IsEmpty());
  EXPECT_THAT(cases[1].rejected, HasSubstr("found 1 of 7 masks"));
  EXPECT_EQ(cases[2].label, "") << "a scan without masks has no label";
  EXPECT_EQ(cases[2].rejected, "");
}

TEST(FindCases, CountsAreComparedWithTheRelease) {
  Manifest m = brats("2018");
  std::vector<FoundCase> cases(285);
  for (size_t i = 0; i < cases.size(); ++i) cases[i].stratum = i < 210 ? "HGG" : "LGG";
  EXPECT_THAT(count_faults(m, cases), IsEmpty());
  cases[0].stratum = "LGG";
  EXPECT_THAT(count_faults(m, cases), ElementsAre(HasSubstr("209 cases of stratum HGG"),
                                                  HasSubstr("76 cases of stratum LGG")));
  cases.pop_back();
  EXPECT_THAT(count_faults(m, cases), ElementsAre(HasSubstr("284 cases found")));
}

}  // namespace
}  // namespace kdseg::cohort
