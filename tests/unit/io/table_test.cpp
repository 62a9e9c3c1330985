#include "io/table.h"

#include <gmock/gmock.h>

#include "base/errors.h"
#include "unit/folder.h"

namespace {
using namespace kdseg;
using test::Folder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

io::Table read(const std::string& text, const std::string& name = "a.csv",
               const std::vector<std::string>& required = {}) {
  const Folder folder;
  test::spill(folder / name, text);
  return io::read_table(folder / name, required);
}

std::string complaint(const std::string& text, const std::vector<std::string>& required = {}) {
  return test::message_of<DataError>([&] { read(text, "a.csv", required); });
}

TEST(Table, ReadsQuotesLineEndsAndByteOrderMark) {
  const auto table = read(
      "\xEF\xBB\xBF"
      "case,note\r\nA,\"x, \"\"y\"\"\nz\"\r\n\r\nB,\r\n");
  EXPECT_THAT(table.columns, ElementsAre("case", "note"));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_THAT(table.rows[0], ElementsAre("A", "x, \"y\"\nz"));
  EXPECT_THAT(table.rows[1], ElementsAre("B", ""));
  EXPECT_THAT(table.lines, ElementsAre(2, 5));
}

TEST(Table, LinesMayEndWithACarriageReturnAlone) {
  const auto table = read("case,t1\rp1,a.nii\rp2,b.nii");
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_THAT(table.rows[1], ElementsAre("p2", "b.nii"));
  EXPECT_THAT(table.lines, ElementsAre(2, 3));
}

TEST(Table, RowsOfEmptyCellsArePassedOver) {
  const auto table = read("case,t1\np1,a.nii\n,\n\"\",\n,\n");
  ASSERT_EQ(table.rows.size(), 1u);
  EXPECT_THAT(table.rows[0], ElementsAre("p1", "a.nii"));
}

TEST(Table, TsvSplitsAtTabs) {
  const auto table = read("case\tfile\nA\tx,y.h5\n", "cases.tsv");
  EXPECT_THAT(table.rows[0], ElementsAre("A", "x,y.h5"));
}

TEST(Table, SeparatorsOfSpreadsheetsAreSeenInTheHeader) {
  EXPECT_THAT(read("\xef\xbb\xbf"
                   "case;t1\r\np1;a,b.nii\r\n")
                  .rows[0],
              ElementsAre("p1", "a,b.nii"));
  EXPECT_THAT(read("case\tt1\np1\ta b.nii\n").rows[0], ElementsAre("p1", "a b.nii"));
  EXPECT_THAT(read("case,t1\np1,a.nii\n", "cases.tsv").rows[0], ElementsAre("p1", "a.nii"));
  EXPECT_THAT(read("sep=;\ncase;t1\np1;a.nii\n").rows[0], ElementsAre("p1", "a.nii"));
  EXPECT_THAT(read("case,\"a;b\"\np1,x;y\n").columns, ElementsAre("case", "a;b"));
  EXPECT_THAT(read("\"case\";\"t1,t2\"\np1;x,y\n").columns, ElementsAre("case", "t1,t2"));
  EXPECT_THAT(read("t1,t2;case\nx,y;p1\n", "cases.csv", {"case"}).columns,
              ElementsAre("t1,t2", "case"));
  EXPECT_EQ(read("case\np1\n").rows.size(), 1u);
}

TEST(Table, RoundTrip) {
  const Folder folder;
  io::Table table;
  table.columns = {"a", "b"};
  table.rows = {{"1", "x,\"y\""}, {"", "line\nbreak"}, {"\t", "é"}};
  for (const std::string name : {"a.csv", "a.tsv"}) {
    io::write_table(folder / name, table, false);
    EXPECT_EQ(io::read_table(folder / name).rows, table.rows);
  }
  EXPECT_THROW(io::write_table(folder / "a.csv", table, false), UsageError);
  EXPECT_NO_THROW(io::write_table(folder / "a.csv", table, true));
}

TEST(Table, ColumnsThatASpreadsheetNeverFilledArePassedOver) {
  const test::Folder folder;
  test::spill(folder / "a.csv", "case;t1;;\nc1;a.nii;;\nc2;;;\n");
  const io::Table table = io::read_table(folder / "a.csv", {"case"});
  EXPECT_EQ(table.columns, (std::vector<std::string>{"case", "t1"}));
  EXPECT_EQ(table.rows, (std::vector<std::vector<std::string>>{{"c1", "a.nii"}, {"c2", ""}}));
  // What has a value is no such column, nor is what stands in front of one.
  EXPECT_THAT(complaint("case,t1,,\nc1,a.nii,,x\n"), HasSubstr("a column without a name twice"));
  test::spill(folder / "b.csv", ",case\n0,c1\n");
  EXPECT_EQ(io::read_table(folder / "b.csv", {"case"}).columns.size(), 2U);
}

TEST(Table, ErrorsNameTheLine) {
  EXPECT_THAT(complaint("a,b\n1,2\n1,2,3\n"), HasSubstr("a.csv:3: 3 fields, the header has 2"));
  EXPECT_THAT(complaint("a,b\n1,\"2\n"), HasSubstr("a.csv:2: a quote is not closed"));
  EXPECT_THAT(complaint("a,b\n1,\"2\"x\n"), HasSubstr("a.csv:2"));
  EXPECT_THAT(complaint("a,a\n"), HasSubstr("column 'a' twice"));
  EXPECT_THAT(complaint(""), HasSubstr("empty"));
  EXPECT_THAT(complaint(std::string("a\0b", 3)), HasSubstr("not a text file"));
  EXPECT_THAT(complaint("case,regoin\n", {"case", "region"}),
              HasSubstr("no column 'region'; did you mean 'regoin'?"));
}

}  // namespace
