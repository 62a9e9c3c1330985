// What a file that cannot be read is called: at fault itself, or the disk.
#include "base/read_file.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "base/errors.h"
#include "unit/folder.h"

namespace kdseg {
namespace {

TEST(ReadFile, AFailingDiskIsNoFaultOfTheFile) {
  for (const int error : {EIO, ENOMEM, EMFILE, ENFILE, ESTALE, ENOSPC, ETIMEDOUT})
    EXPECT_THROW(throw_unreadable("a", error), RunError) << error;
  for (const int error : {ENOENT, ENOTDIR, EACCES, EISDIR, ELOOP})
    EXPECT_THROW(throw_unreadable("a", error), DataError) << error;
}

TEST(ReadFile, WholePartsAndNames) {
  const test::Folder folder;
  const std::string content(3'000'000, 'x');
  const auto file = folder.write("b", content + "end");
  folder.write("a", "");
  EXPECT_EQ(read_text(file), content + "end");
  EXPECT_EQ(read_part(file, content.size(), 100).size(), 3u);
  EXPECT_EQ(read_part(file, 1u << 30, 100).size(), 0u);
  EXPECT_EQ(names_in(folder.path()), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(path_exists(file));
  EXPECT_FALSE(path_exists(file + "c"));
  EXPECT_FALSE(path_exists(file + "/c"));
  EXPECT_THROW(read_text(folder.path()), DataError);
  EXPECT_THROW(read_text("/dev/zero"), DataError) << "a device has no end";
  EXPECT_THROW(names_in(file), DataError);
}

}  // namespace
}  // namespace kdseg
