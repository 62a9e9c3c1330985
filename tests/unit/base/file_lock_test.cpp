#include "base/file_lock.h"

#include <gtest/gtest.h>

#include "unit/folder.h"

namespace kdseg {
namespace {

TEST(FileLock, IsHeldAsLongAsItsHolderLives) {
  const test::Folder folder;
  const std::string path = folder / "lock";
  EXPECT_EQ(FileLock::is_held(path), std::nullopt);
  {
    const FileLock lock(path, "the folder", "wait");
    EXPECT_EQ(FileLock::is_held(path), true);
  }
  EXPECT_EQ(FileLock::is_held(path), false);
}

}  // namespace
}  // namespace kdseg
