// Outputs that belong to a call: refused to others, given back to the same command after a kill.
#include "base/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/errors.h"
#include "unit/folder.h"

namespace kdseg {
namespace {

using test::Folder, test::message_of, test::slurp, test::spill;
using testing::HasSubstr;

/// A child claims, writes as `work` says and is gone without another word, as after kill -9.
template <class Work>
void killed_call(const std::string& command, Work work, bool force = false) {
  const pid_t child = fork();
  if (child == 0) {
    Claims claims(command, force);
    work(claims);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
}

TEST(Claims, AnExistingFileIsRefusedUnlessForced) {
  const Folder folder;
  const auto file = folder.write("a.csv", "theirs");
  EXPECT_THAT(message_of<UsageError>([&] { Claims("c", false).files({file}); }),
              HasSubstr("exists; --force"));
  EXPECT_EQ(folder.entries(), 1u);
  Claims forced("c", true);
  forced.files({file});
  forced.finish();
  EXPECT_EQ(slurp(file), "theirs");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(Claims, TheSameCommandMayReplaceWhatItsKilledCallWrote) {
  const Folder folder;
  const std::string one = folder / "a.csv", two = folder / "b.json";
  killed_call("evaluate x", [&](Claims& claims) {
    claims.files({one, two});
    spill(one, "half of the work");
    spill(folder / ".999999-0.partial.b.json", "{");
  });
  EXPECT_THROW(Claims("evaluate y", false).files({one}), UsageError);
  EXPECT_EQ(slurp(one), "half of the work");
  Claims again("evaluate x", false);
  again.files({one, two});
  spill(one, "all");
  spill(two, "{}");
  again.finish();
  EXPECT_EQ(folder.entries(), 2u) << "marks and half files are gone";
  EXPECT_THROW(Claims("evaluate x", false).files({one, two}), UsageError) << "it is finished";
}

TEST(Claims, AFileThatWasThereBeforeAForcedCallIsNotTakenForItsOwn) {
  const Folder folder;
  const auto file = folder.write("a.csv", "theirs");
  killed_call(
      "c", [&](Claims& claims) { claims.files({file}); }, true);
  EXPECT_THROW(Claims("c", false).files({file}), UsageError);
  EXPECT_EQ(slurp(file), "theirs");
  Claims("c", true).files({file});
}

TEST(Claims, ACallThatReplacedNothingLeavesNoMark) {
  const Folder folder;
  const auto file = folder.write("a.csv", "theirs");
  { Claims("c", true).files({file}); }
  EXPECT_EQ(folder.entries(), 1u);
  { Claims("c", false).files({file}, true); }
  EXPECT_EQ(folder.entries(), 1u);
  {
    Claims claims("c", false);
    claims.files({file}, true);
    spill(file, "half of ours");
  }
  EXPECT_EQ(folder.entries(), 2u) << "what was replaced is unfinished";
}

TEST(Claims, ACallThatWroteNothingLeavesNothing) {
  const Folder folder;
  { Claims("c", false).files({folder / "new/a.csv"}); }
  EXPECT_FALSE(std::filesystem::exists(folder / "new/.a.csv.unfinished"));
  { Claims("c", false).folder(folder / "made"); }
  EXPECT_FALSE(std::filesystem::exists(folder / "made"));
}

TEST(Claims, NoSecondCallWhileOneWrites) {
  const Folder folder;
  Claims first("c", false);
  first.files({folder / "a.csv"});
  first.folder(folder / "out");
  first.begin();
  EXPECT_THAT(message_of<RunError>([&] { Claims("c", true).files({folder / "a.csv"}); }),
              HasSubstr("in use by process " + std::to_string(getpid())));
  EXPECT_THROW(Claims("d", true).folder(folder / "out"), RunError);
}

TEST(Claims, AFolderKnowsTheCommandThatDidNotEnd) {
  const Folder folder;
  killed_call("label a", [&](Claims& claims) {
    EXPECT_FALSE(claims.folder(folder / "out"));
    claims.begin();
    spill(folder / "out/p1.h5", "1");
    spill(folder / "out/.999999-3.partial.p2.h5", "half");
  });
  EXPECT_THAT(message_of<UsageError>([&] { Claims("label b", false).folder(folder / "out"); }),
              HasSubstr("unfinished work of another command"));
  EXPECT_FALSE(Claims("label b", true).folder(folder / "out"));
  Claims again("label a", false);
  EXPECT_TRUE(again.folder(folder / "out"));
  EXPECT_FALSE(std::filesystem::exists(folder / "out/.999999-3.partial.p2.h5"));
  again.begin();
  again.finish();
  EXPECT_FALSE(Claims("label a", false).folder(folder / "out"));
}

TEST(Claims, OneFileForTwoOutputsIsRefused) {
  const Folder folder;
  EXPECT_THAT(message_of<UsageError>([&] {
                Claims("c", true).files({folder / "a.csv", folder.path() + "/./a.csv"});
              }),
              HasSubstr("two outputs"));
}

TEST(Places, NoneIsReadAndWritten) {
  const Folder folder;
  const auto file = folder.write("a/b.csv", "x");
  EXPECT_THAT(
      message_of<UsageError>([&] { refuse_inputs_as_outputs({file}, {folder / "a/../a/b.csv"}); }),
      HasSubstr("is an input"));
  EXPECT_THROW(refuse_inputs_as_outputs({folder / "a"}, {folder / "a/"}), UsageError);
  refuse_inputs_as_outputs({file, "", folder / "absent"}, {folder / "c", "", folder / "absent"});
  refuse_inputs_as_outputs({"/dev/null"}, {"/dev/null"});
}

TEST(Places, NoneIsWrittenTwice) {
  const Folder folder;
  EXPECT_THAT(message_of<UsageError>([&] {
                refuse_equal_outputs({{"output", folder / "a"}, {"summary", folder / "b/../a"}});
              }),
              HasSubstr("--output and --summary both name"));
  refuse_equal_outputs({{"output", folder / "a"}, {"summary", folder / "b"}, {"history", ""}});
  refuse_equal_outputs({{"output", "/dev/null"}, {"summary", "/dev/null"}});
}

TEST(Claims, DevicesArePassedOver) { Claims("c", false).files({"/dev/null", ""}); }

}  // namespace
}  // namespace kdseg
