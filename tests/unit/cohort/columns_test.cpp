#include "cohort/columns.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/errors.h"
#include "io/table.h"
#include "unit/folder.h"

namespace {
using namespace kdseg;
using test::Folder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

cohort::Sheet sheet() {
  cohort::Sheet s;
  s.extra_columns = {"site"};
  for (const char* id : {"a", "b", "c"}) {
    cohort::Row row{id, std::string(id) + ".h5", "HGG", "train", "", {{"site", "Z"}}, {}};
    s.rows.push_back(row);
  }
  return s;
}

std::string complaint(const std::string& text) {
  const Folder folder;
  test::spill(folder / "columns.tsv", text);
  auto s = sheet();
  return test::message_of<DataError>([&] { cohort::add_columns(s, folder / "columns.tsv"); });
}

TEST(Columns, FillTheSheetsOwnAndAddOthers) {
  const Folder folder;
  test::spill(folder / "columns.csv", "split,case,fold,age\ntest,b,2,61\nval,x,0,50\n,a,1,40\n");
  auto s = sheet();
  cohort::add_columns(s, folder / "columns.csv");
  EXPECT_THAT(s.extra_columns, ElementsAre("site", "age"));
  EXPECT_EQ(s.rows[0].split, "");
  EXPECT_EQ(s.rows[0].fold, "1");
  EXPECT_EQ(s.rows[1].split, "test");
  EXPECT_EQ(s.rows[1].extra.at("age"), "61");
  // The table does not list c: it keeps what it has.
  EXPECT_EQ(s.rows[2].split, "train");
  EXPECT_EQ(s.rows[2].extra.at("age"), "");
  EXPECT_EQ(s.rows[2].extra.at("site"), "Z");
}

TEST(Columns, RefuseWhatCannotBeMeant) {
  EXPECT_THAT(complaint("case\tsplit\nx\ttrain\n"), HasSubstr("none of the 3 cases"));
  EXPECT_THAT(complaint("case\na\n"), HasSubstr("no column beside 'case'"));
  EXPECT_THAT(complaint("case\tfile\na\tother.h5\n"), HasSubstr("would move the volumes"));
  EXPECT_THAT(complaint("case\tfold\na\t0\na\t1\n"), HasSubstr("twice (lines 2 and 3)"));
  EXPECT_THAT(complaint("case\tsplit\na\tTraining\n"),
              HasSubstr(":2: case a has split 'Training', expected train, val, test"));
  EXPECT_THAT(complaint("id\tsplit\na\ttrain\n"), HasSubstr("case"));
}

// Two folds of odd and even numbers, and nested subsets of 5, 10 and 20 assistants.
TEST(Columns, FoldsOfMmWhs) {
  for (const std::string modality : {"ct", "mr"}) {
    const auto table = io::read_table(KDSEG_DATA_MANIFEST "/mm-whs-2017-" + modality + "-folds.tsv",
                                      {"case", "fold", "assistants", "sifa"});
    ASSERT_EQ(table.rows.size(), 20u);
    std::set<std::string> five, test;
    int ten = 0;
    for (const auto& row : table.rows) {
      const std::string& id = row[table.column("case")];
      ASSERT_TRUE(id.starts_with(modality + "_train_10")) << id;
      const int number = std::stoi(id.substr(id.size() - 2));
      EXPECT_EQ(row[table.column("fold")], number % 2 == 1 ? "0" : "1") << id;
      const std::string& subset = row[table.column("assistants")];
      if (subset == "5") five.insert(id.substr(id.size() - 4));
      ten += subset == "5" || subset == "10";
      if (row[table.column("sifa")] == "test") test.insert(id.substr(id.size() - 4));
    }
    EXPECT_EQ(five, (std::set<std::string>{"1001", "1005", "1009", "1015", "1019"}));
    EXPECT_EQ(ten, 10);
    EXPECT_EQ(test, modality == "ct" ? (std::set<std::string>{"1003", "1008", "1014", "1019"})
                                     : (std::set<std::string>{"1007", "1009", "1018", "1019"}));
  }
}

// The three splits of Dorent et al. 2019: random and overlapping, not a partition.
TEST(Columns, PublishedSplitsOfBraTS2018) {
  const auto table = io::read_table(KDSEG_DATA_MANIFEST "/brats-2018-splits.tsv",
                                    {"case", "split-1", "split-2", "split-3"});
  ASSERT_EQ(table.rows.size(), 285u);
  std::vector<std::set<std::string>> test_cases(3);
  for (size_t s = 0; s < 3; ++s) {
    std::map<std::string, int> count;
    for (const auto& row : table.rows) {
      const auto& part = row[table.column("split-" + std::to_string(s + 1))];
      ++count[part];
      if (part == "test") test_cases[s].insert(row[table.column("case")]);
    }
    EXPECT_EQ(count, (std::map<std::string, int>{{"train", 199}, {"val", 29}, {"test", 57}}));
  }
  std::set<std::string> all;
  for (const auto& part : test_cases) all.insert(part.begin(), part.end());
  EXPECT_EQ(all.size(), 137u);
  const auto shared = [&](size_t a, size_t b) {
    return std::count_if(test_cases[a].begin(), test_cases[a].end(),
                         [&](const auto& id) { return test_cases[b].contains(id); });
  };
  EXPECT_EQ(shared(0, 1), 14);
  EXPECT_EQ(shared(0, 2), 9);
  EXPECT_EQ(shared(1, 2), 14);
}

}  // namespace
