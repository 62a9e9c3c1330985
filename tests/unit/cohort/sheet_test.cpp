#include "cohort/sheet.h"

#include <gmock/gmock.h>

#include <set>

#include "base/errors.h"
#include "base/sha256.h"
#include "io/atomic_file.h"
#include "unit/folder.h"

namespace {
using namespace kdseg;
using cohort::Sheet;
using test::Folder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string header = "case\tfile\tstratum\tsplit\tfold\tsite\n";

Sheet read(const std::string& text) {
  const Folder folder;
  test::spill(folder / "cases.tsv", text);
  return cohort::read_sheet(folder / "cases.tsv");
}

std::string complaint(const std::string& text) {
  return test::message_of<DataError>([&] { read(text); });
}

Sheet example() {
  return read(header +
              "a\ta.h5\tHGG\ttrain\t0\tZ\n"
              "b\tb.h5\tHGG\tval\t1\tZ\n"
              "c\tc.h5\tLGG\ttest\t2\tQ\n"
              "d\td.h5\tLGG\ttrain\t2\tQ\n");
}

std::vector<std::string> chosen(const CaseSelection& selection) {
  std::vector<std::string> ids;
  for (const auto& row : cohort::select(example(), selection)) ids.push_back(row.id);
  return ids;
}

std::vector<std::string> where(std::vector<std::string> conditions) {
  return chosen({.cases = "cases.tsv", .where = std::move(conditions), .ids = {}, .limit = 0});
}

TEST(Sheet, ResolvesFilesAgainstItsFolder) {
  const Folder folder;
  test::spill(folder / "cases.tsv",
              header + "a\tdata/a.h5\tHGG\ttrain\t\tZ\nb\t/data/b.h5\t\t\t\t\n");
  const auto sheet = cohort::read_sheet(folder / "cases.tsv");
  EXPECT_EQ(sheet.rows[0].path, folder / "data/a.h5");
  EXPECT_EQ(sheet.rows[1].path, "/data/b.h5");
  EXPECT_EQ(sheet.rows[0].extra.at("site"), "Z");
  EXPECT_THAT(sheet.extra_columns, ElementsAre("site"));
}

TEST(Sheet, WrittenElsewhereItNamesTheSameFiles) {
  const Folder folder;
  std::filesystem::create_directories(folder / "volumes");
  std::filesystem::create_directories(folder / "splits");
  test::spill(folder / "volumes/cases.tsv", header + "a\ta.h5\tHGG\ttrain\t0\tZ\n");
  cohort::write_sheet(folder / "splits/cases.tsv", cohort::read_sheet(folder / "volumes/cases.tsv"),
                      false);
  const auto moved = cohort::read_sheet(folder / "splits/cases.tsv");
  EXPECT_EQ(moved.rows[0].file, "../volumes/a.h5");
  EXPECT_EQ(moved.rows[0].path, folder / "volumes/a.h5");
  EXPECT_EQ(moved.rows[0].extra.at("site"), "Z");
  EXPECT_THROW(cohort::write_sheet(folder / "splits/cases.tsv", moved, false), UsageError);
}

TEST(Sheet, RefusesWhatWouldLeakOrConfuse) {
  EXPECT_THAT(
      complaint(header + "a\ta.h5\t\ttrain\t\t\nb\tb.h5\t\ttrain\t\t\na\ta.h5\t\ttest\t\t\n"),
      HasSubstr("case a is in split 'train' (line 2) and in split 'test' (line 4)"));
  EXPECT_THAT(complaint(header + "a\ta.h5\t\ttrain\t\t\na\tx.h5\t\ttrain\t\t\n"),
              HasSubstr("case a is listed twice (lines 2 and 3)"));
  EXPECT_THAT(complaint("case\tfile\tstratum\tfold\n"), HasSubstr("no column 'split'"));
  EXPECT_THAT(complaint(header + "a\ta.h5\t\ttrian\t\t\n"), HasSubstr("split 'trian'"));
  EXPECT_THAT(complaint(header + "../a\ta.h5\t\t\t\t\n"), HasSubstr("cannot name a file"));
  EXPECT_THAT(complaint(header + "\ta.h5\t\t\t\t\n"), HasSubstr("no case id"));
  EXPECT_THAT(complaint(header + "a\t\t\t\t\t\n"), HasSubstr("has no file"));
}

TEST(Select, Grammar) {
  EXPECT_THAT(where({}), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(where({"split=train"}), ElementsAre("a", "d"));
  EXPECT_THAT(where({"split=train,val"}), ElementsAre("a", "b", "d"));
  EXPECT_THAT(where({"fold!=2"}), ElementsAre("a", "b"));
  EXPECT_THAT(where({"fold!=1,2"}), ElementsAre("a"));
  EXPECT_THAT(where({"split=train", "site=Q"}), ElementsAre("d"));
  EXPECT_THAT(chosen({.cases = "", .where = {}, .ids = {"c", "a"}, .limit = 0}),
              ElementsAre("a", "c"));
  EXPECT_THAT(chosen({.cases = "", .where = {"split=train"}, .ids = {}, .limit = 1}),
              ElementsAre("a"));
}

TEST(Select, MistakesAreUsageErrors) {
  const auto complaint_of = [](std::vector<std::string> conditions) {
    return test::message_of<UsageError>([&] { where(conditions); });
  };
  EXPECT_THAT(complaint_of({"split"}), HasSubstr("expected COLUMN=VALUE"));
  EXPECT_THAT(complaint_of({"=train"}), HasSubstr("expected COLUMN=VALUE"));
  EXPECT_THAT(complaint_of({"splt=train"}), HasSubstr("did you mean 'split'?"));
  EXPECT_THAT(complaint_of({"split=trian"}), HasSubstr("split holds: test, train, val"));
  EXPECT_THAT(test::message_of<UsageError>(
                  [] { chosen({.cases = "cases.tsv", .where = {}, .ids = {"e"}, .limit = 0}); }),
              HasSubstr("no case 'e'"));
}

// Values of the reproduction plan for model distillation: hash order under seed distill-v1.
TEST(HashOrder, IsThePublishedOne) {
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) ids.push_back("SYN_00" + std::to_string(i));
  EXPECT_THAT(cohort::hash_order(ids, "distill-v1"),
              ElementsAre("SYN_002", "SYN_006", "SYN_005", "SYN_009", "SYN_000", "SYN_001",
                          "SYN_003", "SYN_008", "SYN_004", "SYN_007"));
  EXPECT_EQ(sha256("distill-v1:SYN_000").substr(0, 16), "b51afc40f78a1ee6");
}

TEST(InProportion, GivesLargestRemainders) {
  const std::vector<int64_t> paper{335, 66, 191}, official{335, 125, 166};
  EXPECT_THAT(cohort::in_proportion(259, paper), ElementsAre(147, 29, 83));
  EXPECT_THAT(cohort::in_proportion(76, paper), ElementsAre(43, 8, 25));
  EXPECT_THAT(cohort::in_proportion(259, official), ElementsAre(138, 52, 69));
  EXPECT_THAT(cohort::in_proportion(76, official), ElementsAre(41, 15, 20));
}

Sheet cohort_of(std::initializer_list<std::pair<const char*, int>> strata) {
  Sheet sheet;
  for (const auto& [stratum, n] : strata)
    for (int i = 0; i < n; ++i) {
      const auto id = std::string(stratum) + "_" + std::to_string(i);
      sheet.rows.push_back({id, id + ".h5", stratum, "", "", {}, ""});
    }
  return sheet;
}

std::map<std::string, int64_t> tally(const Sheet& sheet) {
  std::map<std::string, int64_t> counts;
  for (const auto& row : sheet.rows) ++counts[row.stratum + "/" + row.split + row.fold];
  return counts;
}

// 335 cases of BraTS 2019 as HAD-Net splits them: 200, 66 and 69, stratified by grade.
TEST(DealSplit, HadNetCounts) {
  auto sheet = cohort_of({{"HGG", 259}, {"LGG", 76}});
  cohort::deal_split(sheet, std::vector<int64_t>{200, 66, 69}, 0);
  const std::map<std::string, int64_t> expected{{"HGG/train", 155}, {"HGG/val", 51},
                                                {"HGG/test", 53},   {"LGG/train", 45},
                                                {"LGG/val", 15},    {"LGG/test", 16}};
  EXPECT_EQ(tally(sheet), expected);
}

TEST(DealSplit, OrderOfTheSheetDoesNotMatter) {
  auto forward = cohort_of({{"HGG", 20}, {"LGG", 10}});
  auto backward = forward;
  std::reverse(backward.rows.begin(), backward.rows.end());
  const std::vector<int64_t> counts{18, 6, 6};
  cohort::deal_split(forward, counts, 3);
  cohort::deal_split(backward, counts, 3);
  for (size_t i = 0; i < 30; ++i) EXPECT_EQ(forward.rows[i].split, backward.rows[29 - i].split);
  auto other = cohort_of({{"HGG", 20}, {"LGG", 10}});
  cohort::deal_split(other, counts, 4);
  size_t differing = 0;
  for (size_t i = 0; i < 30; ++i) differing += forward.rows[i].split != other.rows[i].split;
  EXPECT_GT(differing, 0u);
}

// With many small strata the remainders alone would give 0, 4, 0 of 4 strata with one case each.
TEST(DealSplit, SizesAreMetExactly) {
  auto sheet = cohort_of({{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 3}});
  cohort::deal_split(sheet, std::vector<int64_t>{2, 3, 2}, 0);
  std::map<std::string, int> sizes;
  for (const auto& row : sheet.rows) ++sizes[row.split];
  EXPECT_EQ(sizes, (std::map<std::string, int>{{"train", 2}, {"val", 3}, {"test", 2}}));
}

TEST(DealSplit, OtherSumsAreProportions) {
  auto sheet = cohort_of({{"HGG", 259}, {"LGG", 76}});
  cohort::deal_split(sheet, std::vector<int64_t>{335, 66, 191}, "distill-v1");
  EXPECT_EQ(tally(sheet)["HGG/train"], 147);
  EXPECT_EQ(tally(sheet)["LGG/test"], 25);
  EXPECT_THROW(cohort::deal_split(sheet, std::vector<int64_t>{1, 2}, 0), UsageError);
  EXPECT_THROW(cohort::deal_split(sheet, std::vector<int64_t>{0, 0, 0}, 0), UsageError);
  EXPECT_THROW(cohort::deal_split(sheet, std::vector<int64_t>{1, -1, 0}, 0), UsageError);
}

// KD-Net's three folds of BraTS 2018: 95 cases each, 70 HGG and 25 LGG.
TEST(DealFolds, KdNetCounts) {
  auto sheet = cohort_of({{"HGG", 210}, {"LGG", 75}});
  cohort::deal_folds(sheet, 3, 0);
  const std::map<std::string, int64_t> expected{{"HGG/0", 70}, {"HGG/1", 70}, {"HGG/2", 70},
                                                {"LGG/0", 25}, {"LGG/1", 25}, {"LGG/2", 25}};
  EXPECT_EQ(tally(sheet), expected);
  EXPECT_THROW(cohort::deal_folds(sheet, 1, 0), UsageError);
  EXPECT_THROW(cohort::deal_folds(sheet, 286, 0), UsageError);
}

}  // namespace
