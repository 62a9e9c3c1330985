// Splits of whole cohorts, label codes from the command line, and what an interrupted run left.
#include "intake/preprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "base/errors.h"
#include "intake/journal.h"
#include "unit/folder.h"

namespace kdseg::intake {
namespace {

using testing::ElementsAre;

cohort::Sheet brats_2019() {
  cohort::Sheet sheet;
  for (int i = 0; i < 335; ++i) {
    cohort::Row row;
    row.id = "BraTS19_X_" + std::to_string(i) + "_1";
    row.stratum = i < 259 ? "HGG" : "LGG";
    sheet.rows.push_back(row);
  }
  return sheet;
}

TEST(DealSheet, StratifiesTheHadNetSplitByGrade) {
  cohort::Sheet sheet = brats_2019();
  PreprocessSettings settings;
  settings.split = {200, 66, 69};
  deal_sheet(sheet, settings);
  std::map<std::string, int> counts;
  for (const auto& row : sheet.rows) ++counts[row.split + " " + row.stratum];
  const std::map<std::string, int> expected{{"train HGG", 155}, {"train LGG", 45},
                                            {"val HGG", 51},    {"val LGG", 15},
                                            {"test HGG", 53},   {"test LGG", 16}};
  EXPECT_EQ(counts, expected);
}

TEST(DealSheet, RefusesMoreCasesThanThereAre) {
  cohort::Sheet sheet = brats_2019();
  PreprocessSettings settings;
  settings.split = {200, 66, 70};
  EXPECT_THROW(deal_sheet(sheet, settings), UsageError);
}

TEST(DealSheet, KeepsPatientsTogether) {
  cohort::Sheet sheet;
  for (int i = 0; i < 40; ++i) {
    cohort::Row row;
    row.id = "case-" + std::to_string(i);
    row.extra["patient"] = "p" + std::to_string(i / 4);
    sheet.rows.push_back(row);
  }
  PreprocessSettings settings;
  settings.split = {24, 8, 8};
  settings.folds = 5;
  deal_sheet(sheet, settings);
  std::map<std::string, int> trained;
  for (size_t i = 0; i < sheet.rows.size(); ++i) {
    EXPECT_EQ(sheet.rows[i].split, sheet.rows[i / 4 * 4].split);
    EXPECT_EQ(sheet.rows[i].fold, sheet.rows[i / 4 * 4].fold);
    ++trained[sheet.rows[i].split];
  }
  EXPECT_EQ(trained, (std::map<std::string, int>{{"train", 24}, {"val", 8}, {"test", 8}}));
}

TEST(ParseClasses, BackgroundComesFirst) {
  const ClassTable added = parse_classes({"NCR=1", "ET=4"});
  EXPECT_THAT(added.names, ElementsAre("background", "NCR", "ET"));
  EXPECT_THAT(added.codes, ElementsAre(0, 1, 4));
  const ClassTable named = parse_classes({"LV=500", "air=0"});
  EXPECT_THAT(named.names, ElementsAre("air", "LV"));
  EXPECT_THROW(parse_classes({"NCR"}), UsageError);
  EXPECT_THROW(parse_classes({"NCR=1", "NCR=2"}), UsageError);
  EXPECT_THROW(parse_classes({"NCR=one"}), UsageError);
}

TEST(JournalFile, SurvivesALineCutShort) {
  const test::Folder folder;
  const std::string path = folder / "journal.txt";
  const std::string content(64, 'a'), key = "key";
  {
    Journal journal(path);
    journal.add("p1", key, content);
  }
  std::ofstream(path, std::ios::app) << "p2\tkey\taaaa";
  {
    Journal journal(path);
    EXPECT_EQ(journal.finished("p1", key), content);
    EXPECT_EQ(journal.finished("p1", "another key"), std::nullopt);
    EXPECT_EQ(journal.finished("p2", key), std::nullopt);
    journal.add("p3", key, content);
  }
  Journal journal(path);
  EXPECT_EQ(journal.finished("p3", key), content);
  journal.remove();
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace kdseg::intake
