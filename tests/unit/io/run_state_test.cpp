#include "io/run_state.h"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include "base/errors.h"
#include "base/read_file.h"
#include "io/atomic_file.h"
#include "unit/folder.h"

namespace {
using namespace kdseg;
using test::Folder;
using ::testing::HasSubstr;

io::Tree state(int64_t step) {
  io::Tree tree;
  tree.attributes["/"]["step"] = step;
  tree.arrays["/moments"] =
      io::make_array<float>({500}, std::span<const float>(std::vector<float>(500, 0.5f)));
  return tree;
}

TEST(RunDirectory, KeepsTheLastTwoStates) {
  const Folder folder;
  io::RunDirectory run(folder / "student.h5.run");
  EXPECT_FALSE(run.newest());
  for (const int64_t step : {9, 10, 100}) run.save(step, state(step), {});
  EXPECT_EQ(run.newest()->integer("/", "step"), 100);
  EXPECT_FALSE(std::filesystem::exists(folder / "student.h5.run/state-000000000009.h5"));
  EXPECT_TRUE(std::filesystem::exists(folder / "student.h5.run/state-000000000010.h5"));
  run.remove_states();
  EXPECT_FALSE(run.newest());
}

TEST(RunDirectory, KeepsTheResultOfTheLatestInputsOnly) {
  const Folder folder;
  io::RunDirectory run(folder / "run");
  test::spill(folder / "student.h5", "parameters");
  EXPECT_FALSE(run.result("a"));
  run.keep_result(folder / "student.h5", "a");
  ASSERT_TRUE(run.result("a"));
  EXPECT_EQ(read_text(*run.result("a")), "parameters");
  EXPECT_FALSE(run.result("b"));
  run.keep_result(folder / "student.h5", "b");
  EXPECT_TRUE(run.result("b"));
  EXPECT_FALSE(run.result("a"));
  EXPECT_THROW(run.keep_result(folder / "absent.h5", "c"), RunError);
}

TEST(RunDirectory, PassesOverATruncatedNewest) {
  const Folder folder;
  io::RunDirectory run(folder / "run");
  run.save(1, state(1), {});
  run.save(2, state(2), {});
  std::filesystem::resize_file(folder / "run/state-000000000002.h5", 3000);
  EXPECT_EQ(run.newest()->integer("/", "step"), 1);
}

TEST(RunDirectory, PassesOverANewestWithOtherNumbersThanWereSaved) {
  const Folder folder;
  io::RunDirectory run(folder / "run");
  run.save(1, state(1), {});
  run.save(2, state(2), {});
  const auto file = folder / "run/state-000000000002.h5";
  std::string bytes = test::slurp(file);
  bytes[bytes.size() - 100] ^= 1;  // among the moments, which no seal covers
  test::spill(file, bytes);
  EXPECT_EQ(run.newest()->integer("/", "step"), 1);
}

TEST(RunDirectory, RemovesWhatAKilledProcessLeft) {
  const Folder folder;
  std::filesystem::create_directories(folder / "run");
  test::spill(folder / "run/.99-0.partial.state-000000000001.h5", "half");
  const io::RunDirectory run(folder / "run");
  EXPECT_FALSE(std::filesystem::exists(folder / "run/.99-0.partial.state-000000000001.h5"));
}

TEST(RunDirectory, TwoProcessesCannotShareOne) {
  const Folder folder;
  const io::RunDirectory run(folder / "run");
  const pid_t child = fork();
  if (child == 0) {
    int code = 1;
    try {
      io::RunDirectory second(folder / "run");
    } catch (const RunError& e) {
      code = std::string(e.what()).find("process " + std::to_string(getppid())) != std::string::npos
                 ? 0
                 : 2;
    }
    _exit(code);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(RunDirectory, LockEndsWithItsHolder) {
  const Folder folder;
  { const io::RunDirectory run(folder / "run"); }
  EXPECT_NO_THROW(io::RunDirectory(folder / "run"));
}

TEST(RunDirectory, RemembersAFailureForGood) {
  const Folder folder;
  io::RunDirectory run(folder / "run");
  EXPECT_FALSE(run.failure());
  run.mark_failed({3, "case X: \"bad\"\nline", "ab12"});
  const auto failure = run.failure();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->code, 3);
  EXPECT_EQ(failure->message, "case X: \"bad\"\nline");
  EXPECT_EQ(failure->settings_id, "ab12");
  run.clear_failure();
  EXPECT_FALSE(run.failure());
}

TEST(RunDirectory, SaysWhenTheFolderCannotBeMade) {
  const Folder folder;
  test::spill(folder / "file", "");
  EXPECT_THROW(io::RunDirectory(folder / "file"), RunError);
  EXPECT_THROW(io::RunDirectory(folder / "file/run"), RunError);
}

}  // namespace
