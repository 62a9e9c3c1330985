// Copies on a node's disk: the same bytes, gone with their owner, and plain words when they cannot
// be made.
#include "data/stage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "base/errors.h"
#include "unit/folder.h"

namespace kdseg::data {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// TMPDIR for one test.
class Tmpdir {
 public:
  explicit Tmpdir(const std::string& path) {
    if (const char* before = std::getenv("TMPDIR")) before_ = before;
    setenv("TMPDIR", path.c_str(), 1);
  }
  ~Tmpdir() { before_.empty() ? unsetenv("TMPDIR") : setenv("TMPDIR", before_.c_str(), 1); }
  Tmpdir(const Tmpdir&) = delete;
  Tmpdir& operator=(const Tmpdir&) = delete;

 private:
  std::string before_;
};

cohort::Row row_of(const std::string& id, const std::string& path) {
  cohort::Row row;
  row.id = id;
  row.path = path;
  return row;
}

TEST(Stage, RowsNameEqualCopiesThatGoWithIt) {
  const test::Folder shared, node;
  const Tmpdir tmpdir(node.path());
  const std::string big(3 << 20, 'b');  // more than one block
  // Equal file names in different folders must not meet.
  auto a = row_of("a", shared.write("1/case.h5", "first")),
       b = row_of("b", shared.write("2/case.h5", big));
  {
    Stage stage;
    EXPECT_EQ(stage.copy(std::vector<cohort::Row*>{&a, &b}, 2), 5 + (3 << 20));
    EXPECT_THAT(stage.folder(), StartsWith(node.path() + "/"));
    EXPECT_THAT(a.path, StartsWith(stage.folder() + "/"));
    EXPECT_EQ(test::slurp(a.path), "first");
    EXPECT_EQ(test::slurp(b.path), big);
  }
  EXPECT_EQ(node.entries(), 0u);
  EXPECT_EQ(test::slurp(shared / "1/case.h5"), "first");
}

TEST(Stage, TheNextOneRemovesWhatADeadProcessLeftAndNothingOfALivingOne) {
  const test::Folder node;
  const Tmpdir tmpdir(node.path());
  const pid_t child = fork();
  if (child == 0) {
    auto* left = new Stage;  // as after kill -9
    test::spill(left->folder() + "/0.h5", "copy");
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_EQ(node.entries(), 1u);
  const Stage one;
  EXPECT_EQ(node.entries(), 1u);
  const Stage two;
  EXPECT_EQ(node.entries(), 2u) << "the first one is in use";
  EXPECT_TRUE(std::filesystem::exists(one.folder()));
}

TEST(Stage, AFolderWhoseProcessDiedWhileItWasRemovedGoesAtOnce) {
  const test::Folder node;
  const Tmpdir tmpdir(node.path());
  const pid_t child = fork();
  if (child == 0) {
    auto* left = new Stage;
    test::spill(left->folder() + "/0.h5", "copy");
    std::filesystem::remove(left->folder() + "/lock");
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_EQ(node.entries(), 1u);
  Stage::remove_left_over();
  EXPECT_EQ(node.entries(), 0u);
}

TEST(Stage, MissingVolumeIsNamedAndNothingStays) {
  const test::Folder node;
  const Tmpdir tmpdir(node.path());
  auto gone = row_of("patient-7", node / "nowhere.h5");
  const auto message = test::message_of<DataError>([&] {
    Stage stage;
    stage.copy(std::vector<cohort::Row*>{&gone}, 1);
  });
  EXPECT_THAT(message, StartsWith("case patient-7: "));
  EXPECT_EQ(node.entries(), 0u);
}

TEST(Stage, WithoutAFolderToWriteToIsAUsageError) {
  const test::Folder node;
  const Tmpdir tmpdir(node / "absent");
  EXPECT_THAT(test::message_of<UsageError>([] { Stage stage; }), HasSubstr(node / "absent"));
}

TEST(Stage, MoreThanTheDiskHoldsIsRefusedBeforeCopying) {
  const test::Folder node;
  const Tmpdir tmpdir(node.path());
  const std::string sparse = node.write("huge.h5", "");
  std::filesystem::resize_file(sparse, uintmax_t{1} << 43);  // 8 TiB that take no room
  auto row = row_of("huge", sparse);
  Stage stage;
  const auto message =
      test::message_of<RunError>([&] { stage.copy(std::vector<cohort::Row*>{&row}, 1); });
  EXPECT_THAT(message, HasSubstr("need 8192.00 GiB"));
  EXPECT_EQ(row.path, sparse);
}

}  // namespace
}  // namespace kdseg::data
