// Reading in a child: results come back, harm does not.
#include "base/confined.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <new>

#include "base/errors.h"
#include "base/read_file.h"
#include "unit/folder.h"

#if defined(__SANITIZE_ADDRESS__)  // GCC
#define UNDER_ADDRESS_SANITIZER
#elif defined(__has_feature)  // clang
#if __has_feature(address_sanitizer)
#define UNDER_ADDRESS_SANITIZER
#endif
#endif

namespace kdseg {
namespace {

using test::Folder, test::message_of;
using testing::HasSubstr;

const Confinement small{64 << 20, 2};

void send_text(Sink& sink, const std::string& text) { sink.text(text); }
std::string receive_text(Source& source) { return source.text(); }

std::string confined(const std::function<std::string()>& read, const Confinement& limits = small) {
  return read_confined<std::string>("x.dcm", limits, read, send_text, receive_text);
}

TEST(Confined, WhatIsReadComesBack) {
  const Folder folder;
  const std::string content(5'000'000, 'v');
  const auto file = folder.write("a", content);
  EXPECT_EQ(confined([&] { return read_text(file); }), content);
}

TEST(Confined, ErrorsKeepTheirKind) {
  EXPECT_EQ(message_of<DataError>(
                [] { confined([]() -> std::string { throw DataError("x.dcm: cut"); }); }),
            "x.dcm: cut");
  EXPECT_EQ(message_of<RunError>(
                [] { confined([]() -> std::string { throw RunError("x.dcm: disk"); }); }),
            "x.dcm: disk");
}

TEST(Confined, CrashesAndEndlessWorkAreTheFilesFault) {
  EXPECT_THAT(message_of<DataError>([] { confined([]() -> std::string { std::abort(); }); }),
              HasSubstr("x.dcm: the library that reads it failed"));
  EXPECT_THROW(confined([]() -> std::string {
                 volatile int* nowhere = nullptr;
                 *nowhere = 1;
                 return "";
               }),
               DataError);
  EXPECT_THAT(message_of<DataError>([] {
                confined([]() -> std::string {
                  for (std::atomic<int> turns = 0;; ++turns) {
                  }
                });
              }),
              HasSubstr("not read within 2 s"));
}

#ifndef UNDER_ADDRESS_SANITIZER  // which sets aside more address space than any limit
TEST(Confined, MemoryIsBounded) {
  EXPECT_THAT(
      message_of<DataError>([] { confined([] { return std::string(size_t{1} << 30, 'x'); }); }),
      HasSubstr("more than 64 MiB of memory"));
}
#endif

TEST(Confined, NothingIsWrittenStartedOrConnected) {
  const Folder folder;
  const auto file = folder.write("theirs", "before");
  const auto made = folder / "made";
  const int open_for_writing = open(file.c_str(), O_WRONLY | O_APPEND);
  const std::string outcome = confined([&] {
    std::string done;
    if (open(made.c_str(), O_WRONLY | O_CREAT, 0666) >= 0) done += "made ";
    if (open(file.c_str(), O_RDWR) >= 0) done += "opened ";
    if (::write(open_for_writing, "x", 1) >= 0) done += "written ";
    if (unlink(file.c_str()) == 0) done += "removed ";
    if (rename(file.c_str(), made.c_str()) == 0) done += "renamed ";
    if (truncate(file.c_str(), 0) == 0) done += "emptied ";
    if (socket(AF_INET, SOCK_STREAM, 0) >= 0) done += "connected ";
    if (fork() >= 0) done += "started ";
    if (kill(getppid(), 0) == 0) done += "signaled ";
    return done;
  });
  close(open_for_writing);
  EXPECT_EQ(outcome, "");
  EXPECT_EQ(test::slurp(file), "before");
  EXPECT_EQ(folder.entries(), 1u);
}

}  // namespace
}  // namespace kdseg
