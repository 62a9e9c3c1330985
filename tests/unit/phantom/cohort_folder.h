// What the tests of cohorts share: a folder of each test, and a call as the program makes it.
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/log.h"
#include "base/progress.h"
#include "base/read_file.h"
#include "phantom/cohort.h"

namespace kdseg::phantom::test {

/// As a call of the program.
inline void write_whole(const CohortSettings& settings, int threads = 2, bool force = false) {
  Claims claims("phantom", force);
  write_cohort(settings, threads, claims);
  claims.finish();
}

class CohortFolder : public testing::Test {
 protected:
  void SetUp() override {
    log::configure({.tool = "unit_phantom", .level = log::Level::error, .file = ""});
    Progress::set_quiet(true);
    const auto* running = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) /
              (std::string("phantom_") + running->test_suite_name() + "_" + running->name());
    std::filesystem::remove_all(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string record() const { return read_text(folder_ / "cohort.json"); }

  std::filesystem::path folder_;
};

}  // namespace kdseg::phantom::test
