#include "io/atomic_file.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <csignal>

#include "base/errors.h"
#include "base/read_file.h"
#include "base/replace_file.h"
#include "unit/folder.h"

namespace {
using namespace kdseg;
using test::Folder;
using ::testing::HasSubstr;

TEST(AtomicFile, ReplacesWholeFiles) {
  const Folder folder;
  io::write_atomic(folder / "a.txt", "first, longer");
  io::write_atomic(folder / "a.txt", "second");
  EXPECT_EQ(read_text(folder / "a.txt"), "second");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(AtomicFile, LeavesNothingWhenTheWriterThrows) {
  const Folder folder;
  EXPECT_THROW(replace_file(folder / "a.nii.gz",
                            [](const std::string& name) {
                              EXPECT_TRUE(name.ends_with(".gz"));
                              test::spill(name, "half of it");
                              throw RunError("disk on fire");
                            }),
               RunError);
  EXPECT_EQ(folder.entries(), 0u);
}

TEST(AtomicFile, SaysWhyTheDiskRefused) {
  EXPECT_THAT(test::message_of<RunError>([] { io::write_atomic("/dev/full", "text"); }),
              HasSubstr("No space left on device"));
  const Folder folder;
  test::spill(folder / "file", "");
  EXPECT_THAT(test::message_of<RunError>([&] { io::write_atomic(folder / "file/a.txt", "text"); }),
              HasSubstr("Not a directory"));
}

// A file size limit stands in for a disk that fills up in the middle of a write.
TEST(AtomicFile, KeepsTheOldFileWhenTheDiskFillsUp) {
  const Folder folder;
  io::write_atomic(folder / "a.txt", "old");
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit tight = before;
  tight.rlim_cur = 1000;
  setrlimit(RLIMIT_FSIZE, &tight);
  EXPECT_THROW(io::write_atomic(folder / "a.txt", std::string(5000, 'x')), RunError);
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(read_text(folder / "a.txt"), "old");
  EXPECT_EQ(folder.entries(), 1u);
}

TEST(AtomicFile, WritesIntoDevicesInsteadOfReplacingThem) {
  io::write_atomic("/dev/null", "text");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(ReadText, NamesMissingFiles) {
  EXPECT_THAT(test::message_of<DataError>([] { read_text("/nowhere/a.txt"); }),
              HasSubstr("/nowhere/a.txt"));
  EXPECT_THROW(read_text("/"), DataError);
  EXPECT_THROW(io::sha256_of_file("/nowhere/a.txt"), DataError);
}

}  // namespace
