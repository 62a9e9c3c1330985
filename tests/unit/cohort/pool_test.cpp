#include "cohort/pool.h"

#include <gmock/gmock.h>

#include "base/errors.h"
#include "unit/folder.h"

namespace {
using namespace kdseg;
using cohort::Row;
using cohort::Sheet;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Sheet cases_of(int64_t n, const std::string& stratum, const std::string& split = "") {
  Sheet sheet;
  for (int64_t i = 0; i < n; ++i) {
    Row row;
    row.id = fmt::format("{}SYN_{:03}", stratum, i);
    row.stratum = stratum;
    row.split = split;
    sheet.rows.push_back(row);
  }
  return sheet;
}

std::set<std::string> chosen(const Sheet& sheet, const std::vector<std::string>& parts) {
  return cohort::choose_pool(sheet, parts, "distill-v1");
}

// The order of these ids under this seed: 002, 006, 005, 009, 000, 001, 003, 008, 004, 007.
TEST(Pool, TakesTheFirstInTheOrderOfTheHash) {
  const auto ten = cases_of(10, "", "val");
  EXPECT_THAT(chosen(ten, {"val=0.3"}), ElementsAre("SYN_002", "SYN_005", "SYN_006"));
  EXPECT_THAT(chosen(ten, {"val=2"}), ElementsAre("SYN_002", "SYN_006"));
  EXPECT_EQ(chosen(ten, {"any=all"}).size(), 10);
}

// Nalwade & Kisa's proportions, 335:66:191 of 259 and 76 cases, then half of the validation cases
// (floor) and a fifth of the test cases (to the nearest).
TEST(Pool, HasTheSizesOfTheProtocol) {
  auto sheet = cases_of(259, "HGG");
  for (const auto& row : cases_of(76, "LGG").rows) sheet.rows.push_back(row);
  cohort::deal_split(sheet, std::vector<int64_t>{335, 66, 191}, "distill-v1");
  const auto pool = chosen(sheet, {"val=0.5", "test=0.2"});
  std::map<std::string, int64_t> left, apart;
  for (const auto& row : sheet.rows)
    ++(pool.contains(row.id) ? apart : left)[row.stratum + row.split];
  EXPECT_EQ(apart, (std::map<std::string, int64_t>{
                       {"HGGval", 14}, {"HGGtest", 17}, {"LGGval", 4}, {"LGGtest", 5}}));
  EXPECT_EQ(left, (std::map<std::string, int64_t>{{"HGGtrain", 147},
                                                  {"HGGval", 15},
                                                  {"HGGtest", 66},
                                                  {"LGGtrain", 43},
                                                  {"LGGval", 4},
                                                  {"LGGtest", 20}}));
  // Half of the 125 validation cases of the official release.
  EXPECT_EQ(chosen(cases_of(125, ""), {"any=0.5"}).size(), 62);
}

TEST(Pool, ANumberOfCasesIsMetOverAllStrata) {
  auto sheet = cases_of(30, "HGG", "train");
  for (const auto& row : cases_of(10, "LGG", "train").rows) sheet.rows.push_back(row);
  const auto pool = chosen(sheet, {"train=34"});
  EXPECT_EQ(pool.size(), 34);  // 25.5 and 8.5; the tie goes to the first stratum
  EXPECT_EQ(std::count_if(pool.begin(), pool.end(), [](auto& id) { return id.starts_with("L"); }),
            8);
}

TEST(Pool, RefusesWhatCannotBeDealt) {
  const auto ten = cases_of(10, "", "val");
  const auto complaint = [&](const std::vector<std::string>& parts) {
    return test::message_of<UsageError>([&] { chosen(ten, parts); });
  };
  for (const char* wrong : {"val", "val=", "val=0", "val=-1", "val=1.5", "val=0.0", "vall=1",
                            "val=nan", "val=2x", "=3"})
    EXPECT_THAT(complaint({wrong}), HasSubstr("expected train, val, test or any")) << wrong;
  EXPECT_THAT(complaint({"val=11"}), HasSubstr("11 cases asked for, there are 10"));
  EXPECT_THAT(complaint({"val=0.04"}), HasSubstr("the pool would be empty"));
  EXPECT_THAT(complaint({"train=all"}), HasSubstr("the pool would be empty"));
  EXPECT_THAT(complaint({"val=2", "val=3"}), HasSubstr("an entry already"));
  EXPECT_THAT(complaint({"any=2", "val=3"}), HasSubstr("an entry already"));
}

TEST(Pool, ItsCasesAreInNoSplitAndHideTheirLabels) {
  auto sheet = cases_of(2, "", "train");
  cohort::mark_pool(sheet, 0, true);
  EXPECT_THAT(sheet.extra_columns, ElementsAre("pool"));
  EXPECT_THAT(sheet.rows[0].split, IsEmpty());
  EXPECT_EQ(sheet.rows[1].split, "train");
  EXPECT_TRUE(cohort::hides_labels(sheet.rows[0]));
  EXPECT_FALSE(cohort::hides_labels(sheet.rows[1]));
  sheet.rows[0].extra["labels"] = "annotation";
  EXPECT_FALSE(cohort::hides_labels(sheet.rows[0]));
  const test::Folder folder;
  test::spill(folder / "cases.tsv",
              "case\tfile\tstratum\tsplit\tfold\tpool\na\ta.h5\t\ttrain\t\tyes\n");
  EXPECT_THAT(test::message_of<DataError>([&] { cohort::read_sheet(folder / "cases.tsv"); }),
              HasSubstr("cases.tsv:2: case a is in the pool and in split 'train'"));
}
}  // namespace
