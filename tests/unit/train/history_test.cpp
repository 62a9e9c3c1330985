// The history: columns that appear later, the way through a saved state, the file.
#include "train/history.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "io/table.h"
#include "unit/folder.h"

namespace kdseg::train {
namespace {

TEST(History, KeepsRowsWhoseColumnsCameLater) {
  History history;
  history.add({{"epoch", "1"}, {"loss", "0.5"}});
  history.add({{"epoch", "2"}, {"score", "0.8"}, {"loss", "0.4"}});
  EXPECT_EQ(history.to_text(), "epoch\tloss\tscore\n1\t0.5\t\n2\t0.4\t0.8");
  EXPECT_EQ(History::from_text(history.to_text()).to_text(), history.to_text());
  EXPECT_EQ(History::from_text(History().to_text()).to_text(), "");
}

TEST(History, IsWrittenOverTheFormerFile) {
  const test::Folder folder;
  const auto path = folder / "history.csv";
  History history;
  history.add({{"epoch", "1"}, {"loss", "0.5"}});
  history.write(path);
  history.add({{"epoch", "2"}, {"loss", "0.25"}});
  history.write(path);
  const io::Table table = io::read_table(path, {"epoch", "loss"});
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[1][table.column("loss")], "0.25");
}

TEST(MovingAverage, IsCorrectedForItsStart) {
  MovingAverage average;
  EXPECT_NEAR(average.update(.6), .6, 1e-12);
  EXPECT_NEAR(average.update(.7), .6512821, 1e-7);
  EXPECT_NEAR(average.update(.65), .6508326, 1e-7);
}

}  // namespace
}  // namespace kdseg::train
