// What a file that cannot be read is called: at fault itself, or the disk.
#include "base/read_file.h"

#include <gmock/gmock.h>

#include <cerrno>

#include "base/errors.h"
#include "unit/folder.h"

namespace kdseg {
namespace {

using ::testing::HasSubstr;

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

TEST(ReadFile, ATextIsUtf8) {
  const test::Folder folder;
  const std::string file = folder / "sheet.tsv";
  const auto read = [&](const std::string& content) {
    test::spill(file, content);
    return read_utf8(file);
  };
  const auto refused = [&](const std::string& content) {
    test::spill(file, content);
    return test::message_of<DataError>([&] { read_utf8(file); });
  };
  EXPECT_EQ(read("\xEF\xBB\xBFnaïve\n"), "naïve\n");
  EXPECT_EQ(read("\xF0\x9F\xA7\xA0"), "\xF0\x9F\xA7\xA0");
  EXPECT_THAT(refused("case\npati\xEBnt\n"),
              HasSubstr("sheet.tsv:2: a character that is not UTF-8"));
  EXPECT_THAT(refused(std::string("\xFF\xFE"
                                  "c\0",
                                  4)),
              HasSubstr("UTF-16"));
  EXPECT_THAT(refused(std::string("a\0b", 3)), HasSubstr("not a text file"));
  // Longer than needed, half of a pair, beyond the last code point, cut.
  for (const std::string bad :
       {"\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"})
    EXPECT_THAT(refused(bad), HasSubstr(":1: a character")) << bad.size();
}

}  // namespace
}  // namespace kdseg
